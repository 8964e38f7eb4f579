import type { Story } from './stories.ts';
import {
  admin,
  books,
  lastVisit,
  newest,
  patient,
  receptionist,
  registers,
  type Step,
  slotAt,
} from './telling.ts';

/** Stories of records that their owners claim. */

const CODE = '402915';

const phoneOf = (clinic: Parameters<Step>[0]) => clinic.people.at(-1)?.phone ?? '';

const asks: Step = (clinic) => ({
  do: 'send code',
  by: admin(clinic),
  phone: phoneOf(clinic),
  holder: newest(clinic),
  code: CODE,
});

const says =
  (code: string, date_of_birth?: string): Step =>
  (clinic) => ({
    do: 'claim',
    by: admin(clinic),
    phone: phoneOf(clinic),
    code,
    ...(date_of_birth && { date_of_birth }),
  });

export const claimingStories: Story[] = [
  {
    note: 'somebody claims their record',
    steps: [
      registers,
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic),
        slot: slotAt(clinic, '10:00'),
        patient: newest(clinic),
      }),
      asks,
      says('402916'),
      // A child does not.
      says(CODE, '2015-05-05'),
      says(CODE),
      asks,
      says(CODE, '1990-05-17'),
      says(CODE, '1990-05-17'),
      (clinic) => ({ do: 'sign in', by: newest(clinic) }),
      (clinic) => ({ do: 'list own visits', by: newest(clinic), filters: {} }),
      books(0, '11:00'),
      (clinic) => ({ do: 'cancel', by: newest(clinic), visit: clinic.visits[0]?.id ?? 0 }),
      (clinic) => ({ do: 'cancel', by: newest(clinic), visit: lastVisit(clinic) }),
      // Two records of one person, and the sign-in goes with them.
      (clinic) => ({ do: 'merge', by: admin(clinic), patient: newest(clinic), into: patient(clinic, 1) }),
    ],
  },
];
