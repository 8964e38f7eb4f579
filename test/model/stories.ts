import { claimingStories } from './claiming-stories.ts';
import { correctingStories } from './correcting-stories.ts';
import { familyStories } from './family-stories.ts';
import type { Note } from './noted.ts';
import { placeStories } from './place-stories.ts';
import { serviceStories } from './service-stories.ts';
import {
  admin,
  books,
  cancels,
  child,
  closes,
  doctor,
  holds,
  lastVisit,
  lastWish,
  minutes,
  passOn,
  patient,
  publishes,
  receptionist,
  type Step,
  slotAt,
  waits,
} from './telling.ts';
import { dayAfter, today } from './times.ts';
import { wishStories } from './wish-stories.ts';

/** What chance seldom brings about: some steps in a row, each told from the clinic as it is by then. */

export interface Story {
  /** What must have come of it. */
  note: Note;
  steps: Step[];
}

export const stories: Story[] = [
  ...serviceStories,
  ...familyStories,
  ...claimingStories,
  ...correctingStories,
  ...placeStories,
  ...wishStories,
  {
    note: 'reception cancels what it booked and moved',
    steps: [
      (clinic) => ({
        do: 'hold',
        by: receptionist(clinic),
        slot: slotAt(clinic, '11:00'),
        patient: patient(clinic),
      }),
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic),
        slot: slotAt(clinic, '11:00'),
        patient: patient(clinic),
      }),
      (clinic) => ({
        do: 'reschedule',
        by: receptionist(clinic),
        visit: lastVisit(clinic),
        slot: slotAt(clinic, '10:00'),
      }),
      (clinic) => ({ do: 'decide', by: receptionist(clinic), visit: lastVisit(clinic), status: 'confirmed' }),
      (clinic) => ({
        do: 'cancel',
        by: receptionist(clinic),
        visit: lastVisit(clinic),
        reason: 'as they asked',
      }),
      // Whom it cancelled for is told why, and reception is not.
      (clinic) => ({ do: 'read visit', by: patient(clinic), visit: lastVisit(clinic) }),
      (clinic) => ({ do: 'read visit', by: receptionist(clinic), visit: lastVisit(clinic) }),
    ],
  },
  {
    note: 'a visit goes to a colleague',
    steps: [
      books(0, '11:00'),
      (clinic) => ({ do: 'activate', by: admin(clinic), person: doctor(clinic), is_active: false }),
      (clinic) => ({
        do: 'activate',
        by: admin(clinic),
        person: doctor(clinic),
        is_active: false,
        upcoming: 'keep',
      }),
      // The third is of no specialization.
      ...[2, 1].map(
        (place): Step =>
          (clinic) => ({
            do: 'reschedule',
            by: patient(clinic),
            visit: lastVisit(clinic),
            slot: slotAt(clinic, '10:00', place),
          }),
      ),
    ],
  },
  {
    note: 'an offer takes the place of a visit',
    steps: [
      books(0, '11:00'),
      waits(0, 0, lastVisit),
      books(2, '10:00'),
      cancels(2),
      passOn,
      (clinic) => ({ do: 'accept', by: patient(clinic), wish: lastWish(clinic) }),
    ],
  },
  {
    note: 'somebody is offered again what became free again',
    steps: [
      waits(2),
      books(0, '10:00'),
      cancels(0),
      passOn,
      (clinic) => ({ do: 'decline', by: patient(clinic, 2), wish: lastWish(clinic) }),
      books(0, '10:00'),
      cancels(0),
      passOn,
    ],
  },
  {
    note: 'the waiting list keeps what is out of reach',
    steps: [
      (clinic) => ({ do: 'set policy', by: admin(clinic), changes: { horizon_days: 1 } }),
      waits(2, 2),
      (clinic) => ({
        do: 'publish',
        by: doctor(clinic),
        date: dayAfter(today(clinic), 2),
        start_time: '12:00',
        end_time: '12:30',
      }),
      passOn,
      (clinic) => ({ do: 'hold', by: patient(clinic, 2), slot: clinic.slots.at(-1)?.id ?? 0 }),
      minutes(1_440),
      passOn,
      (clinic) => ({ do: 'accept', by: patient(clinic, 2), wish: lastWish(clinic) }),
    ],
  },
  {
    note: 'an offer waits until somebody wakes',
    steps: [
      waits(1),
      books(0, '11:00'),
      cancels(0),
      passOn,
      books(0, '11:00'),
      minutes(30),
      passOn,
      books(1, '11:00'),
    ],
  },
  {
    note: 'visits fall out with a patient',
    steps: [
      books(0, '10:00'),
      (clinic) => ({
        do: 'activate',
        by: admin(clinic),
        person: patient(clinic),
        is_active: false,
        upcoming: 'cancel',
      }),
    ],
  },
  {
    note: 'what is given up on a holiday is gone',
    steps: [books(2, '11:00'), closes(), cancels(2), books(0, '11:00')],
  },
  {
    note: 'visits fall out with a holiday',
    steps: [books(2, '11:00'), closes('cancel'), books(0, '11:00')],
  },
  {
    note: 'somebody publishes on a holiday on purpose',
    steps: [closes(), publishes(), publishes({ despite_holiday: true })],
  },
  {
    note: 'a request expires',
    steps: [books(2, '10:00'), minutes(90), (clinic) => ({ do: 'expire', by: admin(clinic) })],
  },
  {
    note: 'whoever arrives is confirmed',
    steps: [
      books(2, '10:00'),
      (clinic) => ({ do: 'mark', by: doctor(clinic), visit: lastVisit(clinic), mark: 'arrive' }),
    ],
  },
  {
    note: 'the desk books what runs',
    steps: [
      minutes(75),
      books(2, '10:00'),
      (clinic) => ({
        do: 'book',
        by: admin(clinic),
        slot: slotAt(clinic, '10:00'),
        patient: patient(clinic, 2),
      }),
    ],
  },
  {
    note: 'a guardian acts for a child',
    steps: [
      (clinic) => ({ do: 'hold', by: patient(clinic, 1), slot: slotAt(clinic, '10:00') }),
      (clinic) => ({
        do: 'hold',
        by: patient(clinic, 1),
        slot: slotAt(clinic, '10:00'),
        patient: child(clinic),
      }),
      (clinic) => ({
        do: 'book',
        by: patient(clinic),
        slot: slotAt(clinic, '10:00'),
        patient: child(clinic),
      }),
      (clinic) => ({ do: 'book', by: patient(clinic), slot: slotAt(clinic, '10:00', 1) }),
      (clinic) => ({
        do: 'book',
        by: patient(clinic),
        slot: slotAt(clinic, '10:00', 2),
        patient: child(clinic),
      }),
      (clinic) => ({
        do: 'book',
        by: patient(clinic, 2),
        slot: slotAt(clinic, '11:00'),
        patient: child(clinic),
      }),
      (clinic) => ({
        do: 'reschedule',
        by: patient(clinic, 1),
        visit: clinic.visits[0]?.id ?? 0,
        slot: slotAt(clinic, '11:00'),
      }),
      (clinic) => ({ do: 'cancel', by: patient(clinic, 2), visit: clinic.visits[0]?.id ?? 0 }),
      (clinic) => ({ do: 'list own visits', by: patient(clinic, 1), filters: {} }),
      (clinic) => ({ do: 'cancel', by: patient(clinic), visit: clinic.visits[0]?.id ?? 0 }),
      (clinic) => ({ do: 'erase', by: admin(clinic), person: patient(clinic, 1) }),
      (clinic) => ({ do: 'erase', by: admin(clinic), person: patient(clinic) }),
    ],
  },
  {
    note: 'somebody holds anew what they held',
    steps: [holds(2), minutes(5), holds(2), minutes(5), holds(2)],
  },
];
