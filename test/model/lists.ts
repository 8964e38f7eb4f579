import { sideOf } from '../../src/core/roles.ts';
import type { Clinic, Person, Slot } from './clinic.ts';
import { isGuardian, only, personOf, reaches, STAFF } from './people.ts';
import { type Act, type Filters, Refused } from './requests.ts';
import { isRoomFree } from './rooms.ts';
import { hasBegun, holderOf, isAvailableTo, isOpenTo, startOf, statusOf } from './rules.ts';
import { givenOf, serviceOf, slotsFor, spanOf } from './services.ts';
import { shownOpen, shownSlot, shownVisit } from './shown.ts';
import { beyond } from './slots.ts';

/** What the lists of the model hold, and in which order. */

const onDays = <Row extends { date: string }>(rows: readonly Row[], { date, from, to }: Filters) =>
  rows.filter(
    (row) => row.date === (date ?? row.date) && row.date >= (from ?? '') && row.date <= (to ?? '9'),
  );

/** Today's and later by time, then what is past, latest first. */
function inOrder<Row extends Pick<Slot, 'id' | 'date' | 'start_time'>>(
  clinic: Clinic,
  rows: readonly Row[],
): Row[] {
  const today = clinic.now.slice(0, 10);
  const byTime = rows.toSorted((a, b) =>
    startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1,
  );
  return [
    ...byTime.filter(({ date }) => date >= today),
    ...byTime.filter(({ date }) => date < today).reverse(),
  ];
}

/** The page asked for; links are told as whether there is one. */
function paged(rows: object[], { page = 1, page_size = 20 }: Filters) {
  const results = rows.slice((page - 1) * page_size, page * page_size);
  return { count: rows.length, next: rows.length > page * page_size, previous: page > 1, results };
}

const isThere = (caller: Person, row: { branch: number }, { branch }: Filters) =>
  row.branch === (branch ?? row.branch) && reaches(caller, row.branch);

/** Whether a service fits from a slot on: whatever it takes is free for anybody, and so is a room where it needs one. */
export function fits(clinic: Clinic, first: Slot, { service: id, before = '9' }: Filters): boolean {
  if (id === undefined) return true;
  const service = serviceOf(clinic, id);
  if (!service?.is_active || !givenOf(clinic, first.doctor, id)) return false;
  const slots = slotsFor(clinic, first, service);
  if (!slots?.every((slot) => !holderOf(clinic, slot) && isOpenTo(clinic, slot, null))) return false;
  const span = spanOf(slots);
  const { room_kind: kind } = service;
  return span.end_time <= before && (kind === null || isRoomFree(clinic, { kind, slots, ...span }));
}

export function freeSlots(clinic: Clinic, caller: Person, { doctor, filters }: Act<'list free slots'>) {
  const { role, is_active } = personOf(clinic, doctor);
  if (role !== 'doctor' || !is_active) throw new Refused(404, 'doctor_not_found');
  const free = onDays(clinic.slots, filters)
    .filter((slot) => slot.doctor === doctor && !beyond(clinic, caller.role, slot))
    .filter((slot) => isAvailableTo(clinic, slot, caller.role) && isThere(caller, slot, filters))
    .filter((slot) => fits(clinic, slot, filters))
    .map((slot) => ({ ...shownSlot(clinic, slot), is_available: true }));
  return paged(inOrder(clinic, free), filters);
}

export function searched(clinic: Clinic, caller: Person, { doctor, filters }: Act<'search'>) {
  const { after = '', before = '9', per_doctor = 1_000 } = filters;
  const found = onDays(clinic.slots, filters)
    .filter((slot) => slot.doctor === doctor && isAvailableTo(clinic, slot, caller.role))
    .filter((slot) => isThere(caller, slot, filters) && fits(clinic, slot, filters))
    // A search looks ahead, whoever asks: what runs the desk sees in the doctor's list.
    .filter((slot) => !hasBegun(clinic, slot) && !beyond(clinic, caller.role, slot))
    .filter(({ start_time, end_time }) => start_time >= after && end_time <= before);
  const shown = inOrder(clinic, found).map((slot) => shownOpen(clinic, slot));
  return paged(shown.slice(0, per_doctor), filters);
}

export function ownSlots(clinic: Clinic, caller: Person, { filters }: { filters: Filters }) {
  only(caller, 'doctor');
  const own = onDays(clinic.slots, filters)
    .filter((slot) => slot.doctor === caller.id)
    .filter((slot) => isThere(caller, slot, filters))
    .map((slot) => shownSlot(clinic, slot))
    .filter(({ is_available }) => is_available === (filters.is_available ?? is_available));
  return paged(inOrder(clinic, own), filters);
}

export function visits(clinic: Clinic, caller: Person, request: { do: string; filters: Filters }) {
  const { filters } = request;
  if (request.do === 'list all visits') only(caller, ...STAFF);
  const { doctor, patient } = request.do === 'list all visits' ? filters : {};
  const mine = sideOf(caller.role) ?? 'booked_by';
  const found = onDays(clinic.visits, filters)
    .filter((visit) => isThere(caller, visit, filters))
    .filter((visit) => statusOf(clinic, visit) === (filters.status ?? statusOf(clinic, visit)))
    .filter(
      (visit) => visit.doctor === (doctor ?? visit.doctor) && visit.patient === (patient ?? visit.patient),
    )
    .filter(
      (visit) =>
        request.do === 'list all visits' ||
        visit[mine] === caller.id ||
        (caller.role === 'patient' && isGuardian(clinic, caller.id, visit.patient)),
    );
  return paged(
    inOrder(clinic, found).map((visit) => shownVisit(clinic, caller, visit)),
    filters,
  );
}
