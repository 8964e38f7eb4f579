import { isFor } from './claims.ts';
import { type Clinic, isSameWish, type Person, type Slot, type Wish } from './clinic.ts';
import { fits } from './lists.ts';
import { suits } from './offers.ts';
import { actingFor, mustReach, personOf, reaches } from './people.ts';
import { type Act, made, Refused, type Step } from './requests.ts';
import { hasBegun, isAvailableTo, startOf, statusOf, todayOf } from './rules.ts';
import { givesServices, serviceOf, slotsFor, spanOf } from './services.ts';
import { shownOpen } from './shown.ts';
import { beyond, isBusy } from './slots.ts';
import { shownWish } from './waitlist.ts';

/** How somebody comes to wait, and for what. */

const LIVE_MAX = 10;

/** How much of what is free already is shown to whoever joins. */
const FREE_SHOWN = 3;

/** As the clinic's list writes it, however somebody does. */
const asListed = ({ people }: Clinic, said: string): string =>
  people.find(({ specialization }) => specialization?.toLowerCase() === said.toLowerCase())?.specialization ??
  said;

/** The doctors whom a wish is for. */
const doctorsOf = (clinic: Clinic, wish: Wish): Person[] =>
  clinic.people.filter(({ id, role }) => role === 'doctor' && isFor(clinic, wish, id));

/** Whether any of them gives what they wait for, here or not at this moment. */
const isGiven = (clinic: Clinic, wish: Wish): boolean =>
  serviceOf(clinic, wish.service)?.is_active === true &&
  clinic.given.some(({ service, doctor }) => service === wish.service && isFor(clinic, wish, doctor));

export function join(clinic: Clinic, caller: Person, request: Act<'join'>, id: number): Step {
  const { doctor = null, branch = null, from, to, after = null, before = null, replaces = null } = request;
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  if (to < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  mustReach(
    caller,
    clinic.visits.find((visit) => visit.id === replaces),
    'appointment_not_found',
  );
  if (branch !== null && !reaches(caller, branch)) throw new Refused(403, 'forbidden');
  const { role, is_active } = personOf(clinic, patient);
  if (role !== 'patient' || !is_active) throw new Refused(404, 'patient_not_found');
  // What takes the place of a visit is for the same.
  const replaced = clinic.visits.find(({ id: visit }) => visit === replaces);
  const service = replaces === null ? (request.service ?? null) : (replaced?.service ?? null);
  const specialization =
    request.specialization === undefined ? null : asListed(clinic, request.specialization);
  const whom = { doctor, specialization, branch };
  const hours = { from, to, after, before };
  const came = { status: 'waiting', appointment: null } as const;
  const wish: Wish = { id, patient, ...whom, ...hours, ...came, service, replaces };
  if (!doctorsOf(clinic, wish).some((one) => one.is_active)) throw new Refused(404, 'doctor_not_found');
  if (service !== null && !isGiven(clinic, wish)) throw new Refused(409, 'service_not_given');
  if (replaces !== null) mustBeReplaceable(clinic, wish, replaces);
  const live = clinic.wishes.filter(
    (other) =>
      other.patient === patient &&
      (other.status === 'waiting' || other.status === 'offered') &&
      other.to >= clinic.now.slice(0, 10),
  );
  if (live.some((other) => isSameWish(other, wish))) throw new Refused(409, 'already_waiting');
  if (live.length >= LIVE_MAX) throw new Refused(409, 'too_many_waitlist_entries');
  if (branch !== null && !clinic.branches.some((one) => one.id === branch && one.is_active))
    throw new Refused(400, 'invalid_input');
  const mustSay = clinic.policy.service_required && replaces === null && service === null;
  if (mustSay && doctor !== null && givesServices(clinic, doctor)) throw new Refused(400, 'invalid_input');
  const next = { ...clinic, wishes: [...clinic.wishes, wish] };
  return made(next, { ...shownWish(next, wish), free_now: freeFor(clinic, wish, caller) });
}

/** The visit that a wish would replace: the patient's own, with a doctor whom the wish is for, and still to come. */
function mustBeReplaceable(clinic: Clinic, wish: Wish, id: number): void {
  const visit = clinic.visits.find((other) => other.id === id && other.patient === wish.patient);
  if (!visit) throw new Refused(404, 'appointment_not_found');
  if (!['pending', 'confirmed'].includes(statusOf(clinic, visit))) throw new Refused(409, 'already_decided');
  if (hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  if (!isFor(clinic, wish, visit.doctor)) throw new Refused(409, 'not_same_doctor');
}

/** What they wait for fits in from a slot on. */
const isFit = (clinic: Clinic, slot: Slot, { service, before }: Wish) =>
  service === null || fits(clinic, slot, { service, ...(before !== null && { before }) });

/** When they would be there who come to a slot: with a service, until the last of what it takes ends. */
const wholeFrom = (clinic: Clinic, slot: Slot, { service: id }: Wish) => {
  const service = serviceOf(clinic, id);
  return spanOf((service && slotsFor(clinic, slot, service)) ?? [slot]);
};

/** What a patient who waits could book at this moment, the first of it. */
function freeFor(clinic: Clinic, wish: Wish, caller: Person) {
  return clinic.slots
    .filter((slot) => suits(clinic, wish, slot) && reaches(caller, slot.branch))
    .filter((slot) => isAvailableTo(clinic, slot, 'patient'))
    .filter((slot) => isFit(clinic, slot, wish))
    .filter((slot) => !beyond(clinic, 'patient', slot))
    .filter((slot) => !isBusy(clinic, wish.patient, wholeFrom(clinic, slot, wish), wish.replaces))
    .toSorted((a, b) => (startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1))
    .slice(0, FREE_SHOWN)
    .map((slot) => shownOpen(clinic, slot));
}
