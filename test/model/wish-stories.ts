import type { Clinic } from './clinic.ts';
import type { Act } from './requests.ts';
import type { Story } from './stories.ts';
import {
  admin,
  cancels,
  doctor,
  lastVisit,
  lastWish,
  passOn,
  patient,
  publishes,
  type Step,
  slotAt,
} from './telling.ts';
import { today } from './times.ts';

/** Stories of those who wait for anyone of a specialization, or in one branch. */

/** Today. */
const waitsFor =
  (place: number, whom: (clinic: Clinic) => Partial<Act<'join'>>): Step =>
  (clinic) => ({
    do: 'join',
    by: patient(clinic, place),
    from: today(clinic),
    to: today(clinic),
    ...whom(clinic),
  });

const anyone = () => ({ specialization: 'CARDIOLOGY' });

const books =
  (place: number, start_time: string, of: number): Step =>
  (clinic) => ({ do: 'book', by: patient(clinic, place), slot: slotAt(clinic, start_time, of) });

/** What somebody gave up is offered. */
const becomesFree = (start_time: string, of: number): Step[] => [
  books(0, start_time, of),
  cancels(0),
  passOn,
];

const accepts: Step = (clinic) => ({ do: 'accept', by: patient(clinic, 2), wish: lastWish(clinic) });

const opensIn =
  (place: number): Step =>
  (clinic) =>
    publishes({ branch: clinic.branches[place]?.id ?? 0 })(clinic);

export const wishStories: Story[] = [
  {
    note: 'a visit gives way to one with a colleague',
    steps: [
      waitsFor(2, anyone),
      // Of no specialization.
      ...becomesFree('11:00', 2),
      ...becomesFree('11:00', 1),
      accepts,
      // Not with the doctor whose visit it is, and not of their specialization.
      waitsFor(2, (clinic) => ({ doctor: doctor(clinic, 2), replaces: lastVisit(clinic) })),
      waitsFor(2, (clinic) => ({ ...anyone(), replaces: lastVisit(clinic) })),
      ...becomesFree('10:00', 0),
      (clinic) => ({ do: 'read wish', by: patient(clinic, 2), wish: lastWish(clinic) }),
      accepts,
      (clinic) => ({ do: 'list own visits', by: patient(clinic, 2), filters: {} }),
    ],
  },
  {
    note: 'an offer waits for the branch that is wished',
    steps: [
      waitsFor(2, (clinic) => ({ doctor: doctor(clinic), branch: clinic.branches[1]?.id ?? 0 })),
      waitsFor(2, (clinic) => ({ ...anyone(), branch: clinic.branches[1]?.id ?? 0, after: '12:00' })),
      ...becomesFree('11:00', 0),
      opensIn(0),
      (clinic) => ({ do: 'withdraw', by: doctor(clinic), slot: slotAt(clinic, '12:30') }),
      opensIn(1),
      passOn,
      (clinic) => ({
        do: 'change branch',
        by: admin(clinic),
        branch: clinic.branches[1]?.id ?? 0,
        is_active: false,
      }),
      waitsFor(2, (clinic) => ({ doctor: doctor(clinic, 1), branch: clinic.branches[1]?.id ?? 0 })),
    ],
  },
];
