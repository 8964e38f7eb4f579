import type { Story } from './stories.ts';
import {
  admin,
  books,
  cancels,
  doctor,
  lastVisit,
  lastWish,
  passOn,
  patient,
  type Step,
  waits,
} from './telling.ts';
import { today } from './times.ts';

/** Stories of visits that were entered for the wrong patient. */

const accepts: Step = (clinic) => ({ do: 'accept', by: patient(clinic), wish: lastWish(clinic) });

/** What somebody gave up goes to the first who waits. */
const goesOn = (start_time: string): Step[] => [books(2, start_time), cancels(2), passOn];

const firstVisit: Step = (clinic) => ({
  do: 'change patient',
  by: admin(clinic),
  visit: clinic.visits.find(({ status }) => status !== 'cancelled')?.id ?? 0,
  patient: patient(clinic, 2),
});

export const correctingStories: Story[] = [
  {
    note: 'a wish waits on that came to the visit of another',
    steps: [
      waits(0),
      ...goesOn('10:00'),
      accepts,
      // The same again, instead of it.
      waits(0, 0, ({ wishes }) => wishes[0]?.appointment ?? 0),
      ...goesOn('11:00'),
      accepts,
      // On the same days, but for a service.
      (clinic) => ({
        do: 'join',
        by: patient(clinic),
        doctor: doctor(clinic),
        from: today(clinic),
        to: today(clinic),
        service: clinic.services[0]?.id ?? 0,
      }),
      firstVisit,
      (clinic) => ({ do: 'read wish', by: patient(clinic), wish: clinic.wishes[1]?.id ?? 0 }),
      (clinic) => ({ do: 'cancel', by: patient(clinic), visit: lastVisit(clinic) }),
      (clinic) => ({
        do: 'cancel',
        by: patient(clinic, 2),
        visit: clinic.visits.find(({ status }) => status !== 'cancelled')?.id ?? 0,
      }),
      passOn,
      (clinic) => ({ do: 'accept', by: patient(clinic), wish: clinic.wishes[1]?.id ?? 0 }),
    ],
  },
];
