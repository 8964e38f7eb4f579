import { all, get, query } from '../shared/api.js';
import { isDoctor } from '../shared/caller.js';
import { now } from '../shared/clinic.js';

/** The day that is shown: read doctor by doctor, and again whenever something may have changed. */

const AT_ONCE = 6;

const state = {
  date: undefined,
  branch: undefined,
  doctors: [],
  rooms: [],
  entries: new Map(),
};
const changed = new EventTarget();
export const onDayChange = (listener) => changed.addEventListener('change', listener);
const tell = () => changed.dispatchEvent(new Event('change'));

export const shown = () => state;
export const doctors = () => state.doctors;

/** Whether this is still the day that is wanted: the reader may have gone on while it was read. */
const isAsked = ({ date, branch }) => state.date === date && state.branch === branch;

/** Of the directory, and those who are no longer in it and still have visits on the day. */
async function readDoctors({ date, branch }) {
  if (isDoctor()) return [await get('/doctor/profile/')];
  const [listed, visits] = await Promise.all([all('/doctors/', {}), all('/appointments/', { date, branch })]);
  const known = new Map(listed.map((doctor) => [doctor.id, doctor]));
  for (const { doctor } of visits) if (!known.has(doctor.id)) known.set(doctor.id, doctor);
  return [...known.values()];
}

async function readEntries(doctor, { date, branch }) {
  const whose = isDoctor() ? undefined : doctor;
  const day = await get(`/appointments/day/${query({ date, branch, doctor: whose })}`);
  if (isAsked({ date, branch })) state.entries.set(doctor, day.entries);
}

/**
 * A few at a time, so that the browser's connections are enough for whoever presses a button meanwhile; no more of them once the
 * day is left.
 */
async function readEach(ids, day) {
  const rest = [...ids];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (rest.length > 0 && isAsked(day)) await readEntries(rest.shift(), day);
    }),
  );
}

/** Goes to a day. What is read for a day that is no longer wanted is dropped. */
export async function loadDay(date, branch) {
  const day = { date, branch };
  Object.assign(state, day, { doctors: [], rooms: [], entries: new Map() });
  const [doctors, rooms] = await Promise.all([readDoctors(day), all('/rooms/', { branch })]);
  if (!isAsked(day)) return;
  Object.assign(state, { doctors, rooms });
  await readEach(
    doctors.map(({ id }) => id),
    day,
  );
  if (isAsked(day)) tell();
}

/** No day is shown: nothing is read again until one is. */
export const leaveDay = () =>
  Object.assign(state, { date: undefined, branch: undefined, doctors: [], rooms: [], entries: new Map() });

/** Reads the same day again: of all, or of whom something has changed. */
export async function reload(...whose) {
  const day = { date: state.date, branch: state.branch };
  if (!day.date) return;
  if (whose.length === 0) {
    const doctors = await readDoctors(day);
    if (!isAsked(day)) return;
    state.doctors = doctors;
  }
  await readEach(whose.length > 0 ? new Set(whose) : state.doctors.map(({ id }) => id), day);
  if (isAsked(day)) tell();
}

/** Every visit of the day with its doctor, by time. */
export const visits = () =>
  state.doctors
    .flatMap((doctor) =>
      (state.entries.get(doctor.id) ?? [])
        .filter(({ appointment }) => appointment)
        .map((entry) => ({ ...entry, doctor, visit: entry.appointment })),
    )
    .sort((one, other) => one.start_time.localeCompare(other.start_time));

/** A visit as it is now, wherever it stands; undefined once it has left the day. */
export const visitBy = (id) => visits().find(({ visit }) => visit.id === id);

/** @returns `visit` and its state by one word, or of a slot: `free`, `kept`, `over` */
export function stateOf({ appointment, is_available, start_time, end_time }) {
  if (appointment) return appointment.attendance ?? appointment.status;
  if (is_available) return 'free';
  const { date, time } = now();
  if (state.date < date || (state.date === date && end_time <= time)) return 'over';
  // Staff still book a slot that runs, for whoever walks in.
  return state.date === date && start_time <= time ? 'free' : 'kept';
}
