import {
  type Clinic,
  change,
  type Given,
  type Person,
  type Service,
  type Slot,
  type Times,
} from './clinic.ts';
import { only, personOf } from './people.ts';
import { type Act, ok, Refused, type Step } from './requests.ts';
import { holderOf, isActive, minutesOf, overlap } from './rules.ts';

/** What a service asks of a visit: how long it takes with whom, which slots, and for whom it is. */

export const serviceOf = (clinic: Clinic, id: number | null | undefined): Service | undefined =>
  clinic.services.find((service) => service.id === id);

export const givenOf = (clinic: Clinic, doctor: number, service: number): Given | undefined =>
  clinic.given.find((given) => given.doctor === doctor && given.service === service);

/** What it costs with a doctor. */
export const priceOf = (service: Service, given: Given): number | null =>
  given.price === undefined ? service.price : given.price;

/** How long it takes with whoever has a slot, also with one who does not give it. */
const minutesWith = (clinic: Clinic, service: Service, doctor: number): number =>
  givenOf(clinic, doctor, service.id)?.minutes ?? service.minutes;

/** The slot of the same doctor that begins next on that day. */
const nextOf = (clinic: Clinic, { doctor, date, end_time }: Slot): Slot | undefined =>
  clinic.slots
    .filter((slot) => slot.doctor === doctor && slot.date === date && slot.start_time >= end_time)
    .toSorted((a, b) => (a.start_time < b.start_time ? -1 : 1))[0];

/**
 * The slots that a service takes from one on: as many as it lasts, one after another, with no longer a break between them than
 * was published. Only the first may be taken.
 * @param moving the visit that would leave its slots
 * @returns undefined where they end too early
 */
export function slotsFor(clinic: Clinic, first: Slot, service: Service, moving?: number): Slot[] | undefined {
  const minutes = minutesWith(clinic, service, first.doctor);
  const slots = [first];
  for (;;) {
    const last = slots.at(-1) as Slot;
    if (minutesOf(last.end_time) - minutesOf(first.start_time) >= minutes) return slots;
    const next = nextOf(clinic, last);
    if (!next || minutesOf(next.start_time) - minutesOf(last.end_time) > last.break_minutes) return undefined;
    if (next.branch !== first.branch || next.room !== first.room) return undefined;
    const holder = holderOf(clinic, next);
    if (holder && holder.id !== moving) return undefined;
    slots.push(next);
  }
}

/** From the start of the first of some slots to the end of the last. */
export const spanOf = (slots: readonly Slot[]) => ({
  date: slots[0]?.date ?? '',
  start_time: slots[0]?.start_time ?? '',
  end_time: slots.at(-1)?.end_time ?? '',
});

/** How old somebody is on a day: whole years. */
const ageOn = (born: string, day: string) =>
  Number(day.slice(0, 4)) - Number(born.slice(0, 4)) - (day.slice(5) < born.slice(5) ? 1 : 0);

export function isOfAge(
  clinic: Clinic,
  { min_age, max_age }: Service,
  patient: number,
  day: string,
): boolean {
  if (min_age === null && max_age === null) return true;
  const { born } = personOf(clinic, patient);
  if (born === null || born > day) return false;
  return ageOn(born, day) >= (min_age ?? 0) && ageOn(born, day) <= (max_age ?? 1_000);
}

/** It is for those who have been here before, or for those who have not, or for both. */
export const isForNewOrKnown = ({ visits }: Clinic, { new_patients }: Service, patient: number): boolean =>
  new_patients === null ||
  new_patients !== visits.some((visit) => visit.patient === patient && visit.attendance === 'completed');

/** Whether a doctor gives any service that can be booked. */
export const givesServices = (clinic: Clinic, doctor: number): boolean =>
  clinic.given.some(
    (given) => given.doctor === doctor && serviceOf(clinic, given.service)?.is_active === true,
  );

/** Nobody is published into the break of a visit that takes several slots. */
export const isInLongVisit = (clinic: Clinic, doctor: number, times: Times): boolean =>
  clinic.visits.some(
    (visit) =>
      visit.doctor === doctor && visit.further.length > 0 && isActive(visit) && overlap(visit, times),
  );

/** What a doctor gives from now on. */
export function give(clinic: Clinic, caller: Person, { doctor, services }: Act<'give'>): Step {
  only(caller, 'admin');
  const { role, is_active } = personOf(clinic, doctor);
  if (role !== 'doctor' || !is_active) throw new Refused(404, 'doctor_not_found');
  if (services.some(({ service }) => !serviceOf(clinic, service)))
    throw new Refused(404, 'service_not_found');
  const others = clinic.given.filter((given) => given.doctor !== doctor);
  const given = services.map(({ service, duration_minutes = null, ...own }) => ({
    doctor,
    service,
    minutes: duration_minutes,
    ...own,
  }));
  return ok({ ...clinic, given: [...others, ...given] }, {});
}

export function changeService(clinic: Clinic, caller: Person, request: Act<'change service'>): Step {
  only(caller, 'admin');
  if (!serviceOf(clinic, request.service)) throw new Refused(404, 'service_not_found');
  return ok({ ...clinic, services: change(clinic.services, request.service, request.changes) }, {});
}
