import type { Clinic, Person, Visit } from './clinic.ts';
import { actingFor } from './people.ts';
import { type Act, type Created, made, Refused, type Step } from './requests.ts';
import { roomFor } from './rooms.ts';
import { hasBegun } from './rules.ts';
import { givenOf, priceOf, spanOf } from './services.ts';
import { shownVisit } from './shown.ts';
import { familyOf, obtain, obtainable, takeAll, type Wanted, type Whole } from './slots.ts';

/** Booking a slot, or the slots of a service. */

/** What else is said of a booking. */
interface Booking {
  /** The status of a visit that gave way to it. */
  kept?: Visit['status'] | undefined;
  reason?: string | null;
}

/** The room of a visit: where its service needs none, that of its slots. */
export function roomOf(
  clinic: Clinic,
  { slots, service }: Whole,
  { patient, visit, took }: { patient: number; visit?: Visit; took?: number | null | undefined },
): number | null {
  const kind = service?.room_kind ?? null;
  if (kind === null) return slots[0]?.room ?? null;
  const room = roomFor(
    clinic,
    { kind, slots, visit: visit?.id, patient, ...spanOf(slots) },
    { kept: visit ? visit.room : slots[0]?.held_room, took },
  );
  if (room === undefined) throw new Error('nobody takes a room where none is free');
  return room;
}

/** All of it can be had: the patient has it now. */
export function booked(
  clinic: Clinic,
  caller: Person,
  { whole, patient, kept, reason = null }: Booking & { whole: Whole; patient: number },
  { id, room: took }: Created,
): Step {
  const { slots, service } = whole;
  const [first, ...further] = slots;
  if (!first) throw new Error('a visit takes a slot');
  const { doctor, branch } = first;
  const given = service && givenOf(clinic, doctor, service.id);
  const answered = kept ?? (clinic.policy.auto_confirm ? 'confirmed' : 'pending');
  const visit: Visit = {
    id,
    doctor,
    ...spanOf(slots),
    patient,
    timeslot: first.id,
    further: further.map((slot) => slot.id),
    branch,
    room: roomOf(clinic, whole, { patient, took }),
    service: service?.id ?? null,
    price: service && given ? priceOf(service, given) : null,
    // Whoever gets a slot that runs is there.
    status: hasBegun(clinic, first) ? 'confirmed' : answered,
    booked_by: caller.id,
    cancelled_by: null,
    cancel_reason: null,
    cancelled_late: false,
    reason,
    note: null,
    attendance: null,
    marked_on: null,
    version: 1,
  };
  const next = takeAll({ ...clinic, visits: [...clinic.visits, visit] }, visit);
  return made(next, shownVisit(next, caller, visit));
}

export function bookFor(
  clinic: Clinic,
  caller: Person,
  { wanted, ...booking }: Booking & { wanted: Wanted },
  created: Created,
): Step {
  const asked = { ...wanted, account: familyOf(caller) };
  return obtain(clinic, asked, caller, (now) => {
    const whole = obtainable(now, asked, caller.role);
    if (!whole) return undefined;
    const { next, expected } = booked(now, caller, { whole, patient: wanted.patient, ...booking }, created);
    // Whoever works here is told whether any message reaches the patient. Nobody here has an address.
    return made(next, { ...expected.body, ...(caller.role !== 'patient' && { reachable: false }) });
  });
}

/** In a slot of their own, for whom they have seen. */
function bookFollowUp(clinic: Clinic, caller: Person, request: Act<'book'>, created: Created): Step {
  const { slot, patient, service, reason } = request;
  if (patient === undefined || reason !== undefined) throw new Refused(400, 'invalid_input');
  const target = clinic.slots.find((one) => one.id === slot);
  if (target && target.doctor !== caller.id) throw new Refused(403, 'forbidden');
  const isKnown = clinic.visits.some(
    (one) => one.doctor === caller.id && one.patient === patient && one.attendance === 'completed',
  );
  if (!isKnown) throw new Refused(404, 'patient_not_found');
  return bookFor(clinic, caller, { wanted: { slot, patient, service }, kept: 'confirmed' }, created);
}

export function book(clinic: Clinic, caller: Person, request: Act<'book'>, created: Created): Step {
  const { slot, service, reason } = request;
  if (caller.role === 'doctor') return bookFollowUp(clinic, caller, request, created);
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  // Why a patient comes is theirs to say.
  if (reason !== undefined && caller.role !== 'patient') throw new Refused(400, 'invalid_input');
  return bookFor(clinic, caller, { wanted: { slot, patient, service }, reason: reason ?? null }, created);
}
