import fc from 'fast-check';
import type { Role } from '../../src/core/roles.ts';
import type { Policy } from '../../src/modules/availability/policy.rules.ts';
import {
  accounts,
  type Clinic,
  type Filters,
  hasBegun,
  hasEnded,
  holderOf,
  isAvailable,
  isHeld,
  isStaff,
  isStillToCome,
  type Person,
  personOf,
  type Request,
  STAFF,
} from './clinic.ts';

import { dayAfter, daysOf, pageOf, pick, timesOf, today, visitFilters } from './times.ts';

/** A command before it is known whom and what it will meet: numbers which `resolve` turns into people and records. */
export interface Draw {
  do: Request['do'] | 'wait';
  who: number;
  which: number;
  other: number;
  time: number;
  flag: boolean;
}

/** How often each is drawn; enough bookings and few enough people that they get into each other's way. */
const weights: Record<Draw['do'], number> = {
  publish: 10,
  'publish many': 3,
  withdraw: 4,
  hold: 9,
  release: 3,
  book: 24,
  decide: 13,
  note: 4,
  cancel: 11,
  reschedule: 10,
  mark: 6,
  'take back': 2,
  'be away': 2,
  'come back': 2,
  close: 2,
  open: 2,
  join: 8,
  leave: 2,
  accept: 10,
  decline: 4,
  'pass on': 5,
  expire: 2,
  'set policy': 4,
  'read slot': 3,
  'read visit': 3,
  'read wish': 3,
  search: 4,
  'list free slots': 4,
  'list own slots': 4,
  'list own visits': 7,
  'list all visits': 3,
  activate: 4,
  erase: 1,
  'sign in': 8,
  wait: 6,
};

/** @param without kinds that are not drawn */
export const draws = (...without: Draw['do'][]): fc.Arbitrary<Draw> =>
  fc.record({
    do: fc.oneof(
      ...Object.entries(weights)
        .filter(([kind]) => !without.includes(kind as Draw['do']))
        .map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Draw['do']) })),
    ),
    who: fc.nat(19),
    which: fc.nat(5),
    other: fc.nat(11),
    time: fc.nat(23),
    flag: fc.boolean(),
  });

export interface Wait {
  do: 'wait';
  minutes: number;
}

/** An id that nothing has. */
const NOBODY = 2_000_000_000;

/** One of the newest six, so that commands meet on the same few records; now and then none. */
const recent = <Row>(rows: readonly Row[], { which, other }: Draw): Row | undefined =>
  other === 11 ? undefined : rows[rows.length - 1 - (which % Math.max(1, rows.length))];

/** Now and then one that a holiday took: somebody still has it on their screen. */
const closedSlot = ({ closed }: Clinic, { other }: Draw): number | undefined =>
  other >= 8 && other <= 10 ? closed.at(-1)?.id : undefined;

const wantedSlot = (clinic: Clinic, draw: Draw): number =>
  closedSlot(clinic, draw) ?? recent(clinic.slots, draw)?.id ?? NOBODY;

/** Somebody of these roles, and once in twenty anybody at all. */
function somebody(clinic: Clinic, { who }: Draw, ...roles: readonly Role[]): Person {
  const people = accounts(clinic);
  return pick(who === 19 ? people : people.filter(({ role }) => roles.includes(role)), who);
}

const wasTurnedDown = ({ offers }: Clinic, slot: number | null) =>
  slot !== null && offers.some((one) => one.timeslot === slot && one.outcome === 'declined');

const isOut = ({ people }: Clinic, id: number) => people.some((one) => one.id === id && !one.is_active);

const idsOf = (clinic: Clinic, role: Role) =>
  clinic.people.filter((person) => person.role === role).map(({ id }) => id);
const notAdmin = (clinic: Clinic, { who }: Draw) =>
  pick(
    accounts(clinic).filter(({ role }) => role !== 'admin'),
    who,
  );

/** Who acts for somebody: themself, or one of those who look after them. */
function accountOf(clinic: Clinic, { time }: Draw, person: number): number {
  const { guardians = [] } = personOf(clinic, person);
  return guardians.length > 0 ? pick(guardians, time) : person;
}

const childOf = ({ people }: Clinic, guardian: number) =>
  people.find(({ guardians }) => guardians?.includes(guardian))?.id;

/** The staff names whom they act for; others now and then, often somebody else. Every other guardian acts for their child. */
function naming(clinic: Clinic, { other, flag }: Draw, caller: Person, role: 'doctor' | 'patient') {
  if (isStaff(caller) || other === 0) return { [role]: pick(idsOf(clinic, role), other) };
  const child = role === 'patient' && flag ? childOf(clinic, caller.id) : undefined;
  return child === undefined ? {} : { patient: child };
}

/** On a day on which the clinic is closed most publish by mistake, some on purpose. */
const onPurpose = ({ holidays }: Clinic, { flag }: Draw, day: string) =>
  flag && holidays.some(({ date }) => date === day) ? { despite_holiday: true } : {};

function onSlot(clinic: Clinic, draw: Draw) {
  const slot = recent(clinic.slots, draw);
  const by = draw.flag && slot ? slot.doctor : somebody(clinic, draw, 'doctor', ...STAFF).id;
  return { by, slot: slot?.id ?? NOBODY };
}

function onVisit(clinic: Clinic, draw: Draw, side: 'doctor' | 'patient') {
  const visit = recent(clinic.visits, draw);
  const by =
    draw.flag && visit ? accountOf(clinic, draw, visit[side]) : somebody(clinic, draw, side, ...STAFF).id;
  return { by, visit: visit?.id ?? NOBODY };
}

/** Mostly one that has an offer, else one of the newest. */
function onWish(clinic: Clinic, draw: Draw) {
  const live = clinic.offers.filter(({ outcome, expires_at }) => outcome === null && expires_at > clinic.now);
  const wishes = clinic.wishes.filter(({ id }) => live.some(({ entry }) => entry === id));
  const offered = wishes.find(({ replaces }) => replaces !== null) ?? wishes[0];
  const wish = draw.time % 3 !== 0 && offered ? offered : recent(clinic.wishes, draw);
  const by =
    draw.who < 15 && wish
      ? accountOf(clinic, draw, wish.patient)
      : somebody(clinic, draw, 'patient', ...STAFF).id;
  return { by, wish: wish?.id ?? NOBODY };
}

/** Where nothing is offered that could be, it is offered: else there would hardly ever be an offer to answer. */
function offerFirst(clinic: Clinic, draw: Draw): Request | undefined {
  const slot = clinic.slots.find((one) => one.is_waitlisted && !isHeld(clinic, one));
  const [by = NOBODY] = idsOf(clinic, 'admin');
  return slot && draw.other < 9 ? { do: 'pass on', by, slot: slot.id } : undefined;
}

const kinds: { [Kind in Draw['do']]: (clinic: Clinic, draw: Draw) => Request | Wait } = {
  wait: (_, { time }) => ({ do: 'wait', minutes: pick([5, 5, 15, 30, 30, 90, 24 * 60], time) }),
  'publish many'(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const { date, start_time } = timesOf(clinic, draw);
    const slot_minutes = draw.flag ? 30 : 45;
    const end_time = pick(['12:00', '12:30', '13:00'], draw.which);
    const times = { date, start_time, end_time, slot_minutes };
    return { do: 'publish many', by: caller.id, ...named, ...times, ...onPurpose(clinic, draw, date) };
  },
  hold(clinic, draw) {
    // Now and then somebody tries to keep what they have held before.
    const had = clinic.slots.find((slot) => slot.last_held_by !== null && !isHeld(clinic, slot));
    if (draw.time % 2 === 0 && had?.last_held_by)
      return { do: 'hold', by: accountOf(clinic, draw, had.last_held_by), slot: had.id };
    const caller = somebody(clinic, draw, 'patient', 'receptionist');
    return {
      do: 'hold',
      by: caller.id,
      slot: wantedSlot(clinic, draw),
      ...naming(clinic, draw, caller, 'patient'),
    };
  },
  release(clinic, draw) {
    const held = clinic.slots.find((slot) => isHeld(clinic, slot));
    const slot = draw.other < 6 && held ? held : recent(clinic.slots, draw);
    const holder = slot?.held_by ? accountOf(clinic, draw, slot.held_by) : undefined;
    if (draw.flag && slot && holder !== undefined) return { do: 'release', by: holder, slot: slot.id };
    const caller = somebody(clinic, draw, 'patient', 'receptionist');
    const named = naming(clinic, draw, caller, 'patient');
    return { do: 'release', by: caller.id, slot: slot?.id ?? NOBODY, ...named };
  },
  reschedule(clinic, draw) {
    // Whose doctor is out has to go elsewhere.
    const left = clinic.visits.find((one) => isStillToCome(clinic, one) && isOut(clinic, one.doctor));
    if (draw.time % 4 !== 0 && left) {
      const others = clinic.slots.filter(
        (slot) => slot.doctor !== left.doctor && !hasBegun(clinic, slot) && !holderOf(clinic, slot),
      );
      const by = draw.flag ? accountOf(clinic, draw, left.patient) : somebody(clinic, draw, ...STAFF).id;
      return { do: 'reschedule', by, visit: left.id, slot: recent(others, draw)?.id ?? NOBODY };
    }
    const { by, visit } = onVisit(clinic, draw, 'patient');
    const doctor = clinic.visits.find(({ id }) => id === visit)?.doctor;
    // Mostly to a slot of the same doctor: to another's one may only where the doctor is out.
    const slots = clinic.slots.filter((slot) => draw.time % 6 === 0 || slot.doctor === doctor);
    const slot = slots.length > 0 ? pick(slots.slice(-6), draw.time) : undefined;
    return { do: 'reschedule', by, visit, slot: closedSlot(clinic, draw) ?? slot?.id ?? NOBODY };
  },
  mark: (clinic, draw) => ({
    do: 'mark',
    ...onVisit(clinic, draw, 'doctor'),
    mark: pick(['arrive', 'arrive', 'complete', 'no-show'], draw.time),
  }),
  'take back': (clinic, draw) => ({ do: 'take back', ...onVisit(clinic, draw, 'doctor') }),
  'be away'(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const from = dayAfter(today(clinic), draw.time % 2);
    const hours = pick(
      [
        ['00:00', '24:00'],
        ['10:15', '11:00'],
        ['09:30', '10:00'],
      ] as const,
      draw.which,
    );
    const to = draw.time % 5 === 0 ? dayAfter(from, 1) : from;
    return { do: 'be away', by: caller.id, ...named, from, to, start_time: hours[0], end_time: hours[1] };
  },
  'come back'(clinic, draw) {
    const absence = recent(clinic.absences, draw);
    const by = draw.flag && absence ? absence.doctor : somebody(clinic, draw, 'doctor', ...STAFF).id;
    return { do: 'come back', by, absence: absence?.id ?? NOBODY };
  },
  close(clinic, draw) {
    const date = dayAfter(today(clinic), pick([0, 0, 1, 1, 2, -1], draw.time));
    const visits = draw.flag ? { visits: 'cancel' as const } : {};
    return { do: 'close', by: somebody(clinic, draw, 'admin').id, date, ...visits };
  },
  open(clinic, draw) {
    const holiday = recent(clinic.holidays, draw)?.id ?? NOBODY;
    return { do: 'open', by: somebody(clinic, draw, 'admin').id, holiday };
  },
  expire: (clinic) => ({ do: 'expire', by: idsOf(clinic, 'admin')[0] ?? NOBODY }),
  join(clinic, draw) {
    const caller = somebody(clinic, draw, 'patient', ...STAFF);
    const named = naming(clinic, draw, caller, 'patient');
    const from = today(clinic);
    const hours = pick([{}, {}, { after: '10:00' }, { before: '11:30' }], draw.time);
    const wanted = pick(idsOf(clinic, 'doctor'), draw.which);
    // Every other of them would rather have a visit of theirs at another time.
    const theirs = clinic.visits.filter(
      (one) => one.patient === (named.patient ?? caller.id) && isStillToCome(clinic, one),
    );
    const visit = draw.flag ? recent(draw.time % 6 === 0 ? clinic.visits : theirs, draw) : undefined;
    const doctor = visit && draw.time % 5 !== 0 ? visit.doctor : wanted;
    const replaces = visit ? { replaces: visit.id } : {};
    const days = { from, to: dayAfter(from, draw.time % 3) };
    return { do: 'join', by: caller.id, ...named, doctor, ...days, ...hours, ...replaces };
  },
  leave: (clinic, draw) => ({ do: 'leave', ...onWish(clinic, draw) }),
  accept: (clinic, draw) => offerFirst(clinic, draw) ?? { do: 'accept', ...onWish(clinic, draw) },
  decline: (clinic, draw) => offerFirst(clinic, draw) ?? { do: 'decline', ...onWish(clinic, draw) },
  'read wish': (clinic, draw) => ({ do: 'read wish', ...onWish(clinic, draw) }),
  'pass on'(clinic, draw) {
    const slot = clinic.slots.find(({ is_waitlisted }) => is_waitlisted) ?? recent(clinic.slots, draw);
    const [by = NOBODY] = idsOf(clinic, 'admin');
    if (draw.flag && slot) return { do: 'pass on', by, slot: slot.id };
    return { do: 'pass on', by, ...(draw.time % 2 === 0 && { next_day: true }) };
  },
  'set policy'(clinic, draw) {
    const changes = pick<Partial<Policy>>(
      [
        { horizon_days: 1 },
        { min_notice_minutes: 60 },
        { horizon_days: 1, offer_minutes: 15 },
        { min_notice_minutes: 0 },
        { cancel_deadline_minutes: 1_440, late_cancellation: 'refuse' },
        { cancel_deadline_minutes: 60, late_cancellation: 'record' },
        { cancel_deadline_minutes: 0 },
        { active_appointments_max: 1 },
        { active_appointments_max: null },
        { horizon_days: null },
        { hold_minutes: 30, offer_minutes: 5 },
        { hold_minutes: 5, offer_minutes: 15 },
        { auto_confirm: true },
        { auto_confirm: false },
        { move_between_doctors: true },
        { move_between_doctors: false },
      ],
      draw.time,
    );
    return { do: 'set policy', by: somebody(clinic, draw, 'admin').id, changes };
  },
  search(clinic, draw) {
    const hours = pick<Filters>(
      [{}, { after: '10:00' }, { before: '11:30' }, { per_doctor: 1 }, { per_doctor: 2, after: '09:30' }],
      draw.other,
    );
    const { date, ...days } = daysOf(clinic, draw);
    const filters = { ...days, ...(date && { from: date, to: date }), ...hours, ...pageOf(draw) };
    const doctor = pick(idsOf(clinic, 'doctor'), draw.which);
    return { do: 'search', by: somebody(clinic, draw, 'patient', ...STAFF).id, doctor, filters };
  },
  publish(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const times = timesOf(clinic, draw);
    const wish = clinic.wishes.findLast(({ status }) => status === 'waiting');
    // Every other is what somebody waits for.
    if (draw.flag && draw.which % 2 === 0 && wish)
      return { do: 'publish', by: wish.doctor, ...times, date: draw.which === 0 ? wish.to : times.date };
    return { do: 'publish', by: caller.id, ...named, ...times, ...onPurpose(clinic, draw, times.date) };
  },
  withdraw: (clinic, draw) => ({ do: 'withdraw', ...onSlot(clinic, draw) }),
  'read slot': (clinic, draw) => ({ do: 'read slot', ...onSlot(clinic, draw) }),
  book(clinic, draw) {
    const runs = clinic.slots.find(
      (one) => hasBegun(clinic, one) && !hasEnded(clinic, one) && !holderOf(clinic, one),
    );
    // Whoever comes to the desk is seen in what runs.
    const isAtDesk = draw.time % 4 === 0 && runs !== undefined;
    const caller = isAtDesk ? somebody(clinic, draw, ...STAFF) : somebody(clinic, draw, 'patient', ...STAFF);
    const left = clinic.slots.find(
      (one) => !hasBegun(clinic, one) && isAvailable(clinic, one) && wasTurnedDown(clinic, one.id),
    );
    const wanted = draw.time % 4 === 1 && left ? left.id : wantedSlot(clinic, draw);
    const slot = isAtDesk ? runs.id : wanted;
    const reason = draw.other === 5 || draw.other === 6 ? { reason: `reason ${draw.time}` } : {};
    const named = naming(clinic, draw, caller, 'patient');
    // A doctor who books follows up on somebody whom they have seen.
    const seen = clinic.visits.find((one) => one.attendance === 'completed');
    const own = clinic.slots.findLast((one) => one.doctor === seen?.doctor && isAvailable(clinic, one));
    if (draw.which === 5 && seen && own)
      return { do: 'book', by: seen.doctor, slot: own.id, patient: seen.patient };
    return { do: 'book', by: caller.id, slot, ...named, ...reason };
  },
  note: (clinic, draw) => ({
    do: 'note',
    ...onVisit(clinic, draw, 'doctor'),
    note: draw.time % 4 === 0 ? null : `note ${draw.time % 3}`,
  }),
  decide(clinic, draw) {
    const status = draw.time % 3 === 0 ? 'cancelled' : 'confirmed';
    const reason = status === 'cancelled' && draw.time % 2 === 0 ? { reason: `reason ${draw.time}` } : {};
    // Now and then whoever is to come answers for the doctor.
    const side = draw.who === 18 ? 'patient' : 'doctor';
    return { do: 'decide', ...onVisit(clinic, draw, side), status, ...reason };
  },
  cancel(clinic, draw) {
    const reason = draw.time % 3 === 0 ? { reason: `reason ${draw.time}` } : {};
    // Now and then of a slot that somebody turned down before.
    const visit = clinic.visits.find(
      (one) => isStillToCome(clinic, one) && wasTurnedDown(clinic, one.timeslot),
    );
    if (draw.time % 4 === 1 && visit)
      return { do: 'cancel', by: accountOf(clinic, draw, visit.patient), visit: visit.id, ...reason };
    return { do: 'cancel', ...onVisit(clinic, draw, 'patient'), ...reason };
  },
  'read visit': (clinic, draw) => ({ do: 'read visit', ...onVisit(clinic, draw, 'patient') }),
  'list free slots'(clinic, draw) {
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw) };
    const doctor = pick(idsOf(clinic, 'doctor'), draw.other);
    return { do: 'list free slots', by: somebody(clinic, draw, 'patient', ...STAFF).id, doctor, filters };
  },
  'list own slots'(clinic, draw) {
    const free = pick<Filters>([{}, { is_available: true }, { is_available: false }], draw.other);
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw), ...free };
    return { do: 'list own slots', by: somebody(clinic, draw, 'doctor').id, filters };
  },
  'list own visits'(clinic, draw) {
    const by = somebody(clinic, draw, 'patient', 'doctor', ...STAFF).id;
    return { do: 'list own visits', by, filters: visitFilters(clinic, draw) };
  },
  'list all visits'(clinic, draw) {
    // Somebody is named, because the real clinic holds the records of earlier runs too.
    const role = draw.flag ? 'doctor' : 'patient';
    const filters = { ...visitFilters(clinic, draw), [role]: pick(idsOf(clinic, role), draw.which) };
    return { do: 'list all visits', by: somebody(clinic, draw, ...STAFF).id, filters };
  },
  activate(clinic, draw) {
    const out = accounts(clinic).find(({ is_active, erased }) => !is_active && !erased);
    // Every other is a doctor whom patients are about to see.
    const ahead = clinic.visits.find((visit) => isStillToCome(clinic, visit));
    const leaver = draw.flag && ahead ? personOf(clinic, ahead.doctor) : notAdmin(clinic, draw);
    const person = draw.time % 4 !== 0 && out ? out : leaver;
    const [by = NOBODY] = idsOf(clinic, 'admin');
    const keep = { upcoming: 'keep' as const };
    const upcoming = pick([keep, {}, { upcoming: 'cancel' as const }, keep, {}], draw.which);
    const leaving = person.is_active ? upcoming : {};
    return { do: 'activate', by, person: person.id, is_active: !person.is_active, ...leaving };
  },
  erase(clinic, draw) {
    const [by = NOBODY] = idsOf(clinic, 'admin');
    return { do: 'erase', by, person: notAdmin(clinic, draw).id };
  },
  'sign in'(clinic, draw) {
    const out = accounts(clinic).filter((person) => !person.signed_in);
    return { do: 'sign in', by: (out.length > 0 ? pick(out, draw.who) : notAdmin(clinic, draw)).id };
  },
};

/** What a drawn command means in this clinic. */
export const resolve = (clinic: Clinic, draw: Draw): Request | Wait => kinds[draw.do](clinic, draw);
