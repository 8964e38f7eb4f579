import type { Clinic, Person, Slot, Visit } from './clinic.ts';
import { personOf } from './people.ts';
import { isAvailable, slotsOf, statusOf } from './rules.ts';

/** How a record is shown, and to whom. */

export function shownSlot(clinic: Clinic, slot: Slot) {
  const { id, doctor, date, start_time, end_time, branch, room } = slot;
  return { id, doctor, date, start_time, end_time, branch, room, is_available: isAvailable(clinic, slot) };
}

/** As a search shows it, with its doctor. */
export function shownOpen(clinic: Clinic, { id, doctor, date, start_time, end_time, branch, room }: Slot) {
  return { id, doctor: shownDoctor(clinic, doctor), date, start_time, end_time, branch, room };
}

export const named = (clinic: Clinic, id: number) => ({
  id,
  first_name: personOf(clinic, id).first_name,
  last_name: personOf(clinic, id).last_name,
});

export const shownDoctor = (clinic: Clinic, id: number) => ({
  ...named(clinic, id),
  specialization: personOf(clinic, id).specialization,
});

export const shownPatient = (clinic: Clinic, id: number) => ({
  ...named(clinic, id),
  phone: personOf(clinic, id).phone,
});

/** A service is called the same in every language. */
function nameOf({ services }: Clinic, id: number) {
  const name = services.find((service) => service.id === id)?.name;
  return { uz: name, ru: name, en: name };
}

/** What the clinic notes is not for its patient, and reception is told nobody's reasons. */
export function shownVisit(clinic: Clinic, { role }: Pick<Person, 'role'>, whole: Visit) {
  const { doctor, patient, marked_on, further, service, price, ...visit } = whole;
  const note = role === 'patient' ? null : visit.note;
  const untold = role === 'receptionist' && { reason: null, cancel_reason: null };
  const people = { doctor: shownDoctor(clinic, doctor), patient: shownPatient(clinic, patient) };
  const agreed = { price, currency: price === null ? null : 'UZS' };
  const what = service === null ? null : { id: service, name: nameOf(clinic, service), ...agreed };
  return {
    ...visit,
    service: what,
    timeslots: slotsOf(whole),
    note,
    ...untold,
    status: statusOf(clinic, whole),
    ...people,
  };
}
