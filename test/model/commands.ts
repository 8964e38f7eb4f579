import fc from 'fast-check';
import type { Role } from '../../src/core/roles.ts';
import type { Clinic, Filters, Person, Request } from './clinic.ts';

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
  publish: 12,
  withdraw: 4,
  book: 18,
  decide: 9,
  cancel: 7,
  'read slot': 3,
  'read visit': 3,
  'list free slots': 5,
  'list own slots': 4,
  'list own visits': 7,
  'list all visits': 3,
  activate: 3,
  erase: 1,
  'sign in': 8,
  wait: 4,
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

const pick = <Row>(rows: readonly Row[], index: number): Row => {
  const row = rows[index % rows.length];
  if (row === undefined) throw new Error('nothing to pick from');
  return row;
};
/** One of the newest six, so that commands meet on the same few records; now and then none. */
const recent = <Row>(rows: readonly Row[], { which, other }: Draw): Row | undefined =>
  other === 11 ? undefined : rows[rows.length - 1 - (which % Math.max(1, rows.length))];

/** Somebody of these roles, and once in twenty anybody at all. */
function somebody({ people }: Clinic, { who }: Draw, ...roles: Role[]): Person {
  return pick(who === 19 ? people : people.filter(({ role }) => roles.includes(role)), who);
}

const idsOf = (clinic: Clinic, role: Role) =>
  clinic.people.filter((person) => person.role === role).map(({ id }) => id);
const notAdmin = (clinic: Clinic, { who }: Draw) =>
  pick(
    clinic.people.filter(({ role }) => role !== 'admin'),
    who,
  );

/** Admins name whom they act for; others now and then, often somebody else. */
const naming = (clinic: Clinic, { other }: Draw, caller: Person, role: 'doctor' | 'patient') =>
  caller.role === 'admin' || other === 0 ? { [role]: pick(idsOf(clinic, role), other) } : {};

function onSlot(clinic: Clinic, draw: Draw) {
  const slot = recent(clinic.slots, draw);
  const by = draw.flag && slot ? slot.doctor : somebody(clinic, draw, 'doctor', 'admin').id;
  return { by, slot: slot?.id ?? NOBODY };
}

function onVisit(clinic: Clinic, draw: Draw, side: 'doctor' | 'patient') {
  const visit = recent(clinic.visits, draw);
  const by = draw.flag && visit ? visit[side] : somebody(clinic, draw, side, 'admin').id;
  return { by, visit: visit?.id ?? NOBODY };
}

const kinds: { [Kind in Draw['do']]: (clinic: Clinic, draw: Draw) => Request | Wait } = {
  wait: (_, { time }) => ({ do: 'wait', minutes: pick([30, 30, 90, 24 * 60], time) }),
  publish(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', 'admin');
    const named = naming(clinic, draw, caller, 'doctor');
    return { do: 'publish', by: caller.id, ...named, ...timesOf(clinic, draw) };
  },
  withdraw: (clinic, draw) => ({ do: 'withdraw', ...onSlot(clinic, draw) }),
  'read slot': (clinic, draw) => ({ do: 'read slot', ...onSlot(clinic, draw) }),
  book(clinic, draw) {
    const caller = somebody(clinic, draw, 'patient', 'admin');
    const slot = recent(clinic.slots, draw)?.id ?? NOBODY;
    return { do: 'book', by: caller.id, slot, ...naming(clinic, draw, caller, 'patient') };
  },
  decide(clinic, draw) {
    const status = draw.time % 3 === 0 ? 'cancelled' : 'confirmed';
    const reason = status === 'cancelled' && draw.time % 2 === 0 ? { reason: `reason ${draw.time}` } : {};
    return { do: 'decide', ...onVisit(clinic, draw, 'doctor'), status, ...reason };
  },
  cancel: (clinic, draw) => ({ do: 'cancel', ...onVisit(clinic, draw, 'patient') }),
  'read visit': (clinic, draw) => ({ do: 'read visit', ...onVisit(clinic, draw, 'patient') }),
  'list free slots'(clinic, draw) {
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw) };
    const doctor = pick(idsOf(clinic, 'doctor'), draw.other);
    return { do: 'list free slots', by: somebody(clinic, draw, 'patient', 'admin').id, doctor, filters };
  },
  'list own slots'(clinic, draw) {
    const free = pick<Filters>([{}, { is_available: true }, { is_available: false }], draw.other);
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw), ...free };
    return { do: 'list own slots', by: somebody(clinic, draw, 'doctor').id, filters };
  },
  'list own visits'(clinic, draw) {
    const by = somebody(clinic, draw, 'patient', 'doctor', 'admin').id;
    return { do: 'list own visits', by, filters: visitFilters(clinic, draw) };
  },
  'list all visits'(clinic, draw) {
    // Somebody is named, because the real clinic holds the records of earlier runs too.
    const role = draw.flag ? 'doctor' : 'patient';
    const filters = { ...visitFilters(clinic, draw), [role]: pick(idsOf(clinic, role), draw.which) };
    return { do: 'list all visits', by: somebody(clinic, draw, 'admin').id, filters };
  },
  activate(clinic, draw) {
    const out = clinic.people.find(({ is_active, erased }) => !is_active && !erased);
    const person = draw.time % 4 !== 0 && out ? out : notAdmin(clinic, draw);
    const [by = NOBODY] = idsOf(clinic, 'admin');
    return { do: 'activate', by, person: person.id, is_active: !person.is_active };
  },
  erase(clinic, draw) {
    const [by = NOBODY] = idsOf(clinic, 'admin');
    return { do: 'erase', by, person: notAdmin(clinic, draw).id };
  },
  'sign in'(clinic, draw) {
    const out = clinic.people.filter((person) => !person.signed_in);
    return { do: 'sign in', by: (out.length > 0 ? pick(out, draw.who) : notAdmin(clinic, draw)).id };
  },
};

/** What a drawn command means in this clinic. */
export const resolve = (clinic: Clinic, draw: Draw): Request | Wait => kinds[draw.do](clinic, draw);

export const clockOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export const dayAfter = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);

const today = ({ now }: Clinic) => now.slice(0, 10);

/** Half hours of this morning and the next: coarse, so that much overlaps. Some have begun, some end too early. */
function timesOf(clinic: Clinic, { time, other }: Draw) {
  const start = 9 * 60 + 30 + (time % 6) * 30;
  const length = pick([30, 30, 60, 60, 90, 0], other);
  const date = dayAfter(today(clinic), time >= 18 ? 1 : 0);
  return { date, start_time: clockOf(start), end_time: clockOf(start + length) };
}

function daysOf(clinic: Clinic, { time }: Draw): Filters {
  const now = today(clinic);
  return pick<Filters>(
    [
      {},
      {},
      { date: now },
      { date: dayAfter(now, 1) },
      { from: now },
      { to: dayAfter(now, -1) },
      { from: dayAfter(now, -1), to: now },
    ],
    time,
  );
}

const pageOf = ({ which }: Draw): Filters =>
  pick<Filters>(
    [{}, {}, { page: 1, page_size: 2 }, { page: 2, page_size: 2 }, { page: 9, page_size: 3 }],
    which,
  );

const visitFilters = (clinic: Clinic, draw: Draw): Filters => ({
  ...daysOf(clinic, draw),
  ...pageOf(draw),
  ...pick<Filters>(
    [{}, {}, { status: 'pending' }, { status: 'confirmed' }, { status: 'cancelled' }],
    draw.other,
  ),
});
