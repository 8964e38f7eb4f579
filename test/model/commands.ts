import fc from 'fast-check';
import { calendarDraws } from './calendar-draws.ts';
import { claimingDraws } from './claiming-draws.ts';
import type { Clinic } from './clinic.ts';
import { clinicDraws } from './clinic-draws.ts';
import { familyDraws } from './family-draws.ts';
import { placeDraws } from './place-draws.ts';
import type { Request } from './requests.ts';
import { visitDraws } from './visit-draws.ts';
import { wishDraws } from './wish-draws.ts';

/** A command before it is known whom and what it will meet: numbers which `resolve` turns into people and records. */
export interface Draw {
  do: Request['do'] | 'wait';
  who: number;
  which: number;
  other: number;
  time: number;
  flag: boolean;
  what: number;
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
  'change patient': 4,
  mark: 6,
  'take back': 2,
  'be away': 2,
  'come back': 2,
  close: 2,
  open: 2,
  'change branch': 2,
  'delete branch': 1,
  'add room': 1,
  'change room': 3,
  'delete room': 2,
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
  register: 3,
  correct: 2,
  merge: 3,
  'send code': 2,
  claim: 4,
  tie: 3,
  'add dependant': 2,
  'let go': 2,
  invite: 2,
  'join family': 2,
  give: 2,
  'change service': 2,
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
    what: fc.nat(9),
  });

export interface Wait {
  do: 'wait';
  minutes: number;
}

/** How a drawn command is told. */
export type Kinds = { [Kind in Draw['do']]: (clinic: Clinic, draw: Draw) => Request | Wait };

const kinds: Kinds = {
  ...calendarDraws,
  ...placeDraws,
  ...visitDraws,
  ...wishDraws,
  ...clinicDraws,
  ...familyDraws,
  ...claimingDraws,
};

/** What a drawn command means in this clinic. */
export const resolve = (clinic: Clinic, draw: Draw): Request | Wait => kinds[draw.do](clinic, draw);
