import { all, get, serverNow } from './api.js';
import { language, personName, wallOf } from './text.js';

/** Reads something once, however many wait for it; what failed is read again. */
function once(read) {
  let reading;
  return () => {
    reading ??= read().catch((error) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}

/** What the clinic says of itself. */
let known;
export const loadClinic = once(async () => {
  known = await get('/clinic/', { guest: true });
});

export const clinic = () => known;

/** What doctors are, by name in each language. */
let specialities = [];
export const loadSpecialities = once(async () => {
  specialities = await all('/specializations/');
});

/** Those that some doctor has, in the reader's order. */
export const practised = () => specialities.filter(({ doctors }) => doctors > 0).map(({ name }) => name);

/** @param name as the API has it wherever a `specialization` is */
export const specialityName = (name) =>
  specialities.find((one) => one.name === name)?.names[language] ?? name;

/** A doctor, and what they are. */
export const doctorText = (doctor) =>
  [personName(doctor), specialityName(doctor.specialization)].filter(Boolean).join(', ');

/** Whom somebody wishes to see: a doctor, or any of a speciality. */
export const whom = ({ doctor, specialization }) =>
  doctor ? personName(doctor) : specialityName(specialization);

/** What a doctor gives now; admins are told of what is given no more, too. */
export const servicesOf = async (doctor) =>
  (await get(`/services/?doctor=${doctor}&page_size=100`)).results.filter(({ is_active }) => is_active);

/** The clinic's clock, wherever the reader is: `date` and `time`. */
export const now = () => wallOf(serverNow(), known.time_zone);
export const today = () => now().date;

/** Those that have closed, and in which visits were kept: the clinic names the open ones alone. */
const closed = new Map();
export const branchOf = (id) => known.branches.find((branch) => branch.id === id) ?? closed.get(id);

/** Reads where these visits are, as far as it is not known. */
export async function knowPlaces(visits) {
  const unknown = new Set(visits.map(({ branch }) => branch).filter((id) => !branchOf(id)));
  await Promise.all([...unknown].map(async (id) => closed.set(id, await get(`/branches/${id}/`))));
}

/** The name of a branch goes without saying where there is one. */
export const hasBranches = () => known.branches.length > 1;
