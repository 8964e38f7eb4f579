import type { Openness } from './requests.ts';
import type { Story } from './stories.ts';
import {
  admin,
  books,
  cancels,
  closes,
  doctor,
  minutes,
  passOn,
  patient,
  receptionist,
  type Step,
  slotAt,
  waits,
} from './telling.ts';
import { today } from './times.ts';

/** Stories of branches and rooms that close. */

const branch =
  (is_active: boolean, upcoming?: Openness['upcoming']): Step =>
  (clinic) => ({
    do: 'change branch',
    by: admin(clinic),
    branch: clinic.branches[0]?.id ?? 0,
    is_active,
    ...(upcoming && { upcoming }),
  });

const room =
  (is_active: boolean, upcoming?: Openness['upcoming']): Step =>
  (clinic) => ({
    do: 'change room',
    by: admin(clinic),
    room: clinic.rooms[0]?.id ?? 0,
    is_active,
    ...(upcoming && { upcoming }),
  });

/** At half past twelve, in the first room. */
const publishesThere: Step = (clinic) => ({
  do: 'publish',
  by: doctor(clinic),
  date: today(clinic),
  start_time: '12:30',
  end_time: '13:00',
  branch: clinic.branches[0]?.id ?? 0,
  room: clinic.rooms[0]?.id ?? 0,
});

const publishesElsewhere: Step = (clinic) => ({
  do: 'publish',
  by: doctor(clinic),
  date: today(clinic),
  start_time: '12:30',
  end_time: '13:00',
});

const publishesIn =
  (place: number): Step =>
  (clinic) => ({
    do: 'publish',
    by: doctor(clinic, place),
    date: today(clinic),
    start_time: '12:30',
    end_time: '13:00',
    branch: clinic.branches[place]?.id ?? 0,
  });

const closesBranch =
  (place: number, visits: 'keep' | 'cancel' = 'keep'): Step =>
  (clinic) => ({
    do: 'close',
    by: admin(clinic),
    date: today(clinic),
    branch: clinic.branches[place]?.id ?? 0,
    visits,
  });

/** The desk books for somebody who is there. */
const booksNow =
  (start_time: string): Step =>
  (clinic) => ({
    do: 'book',
    by: receptionist(clinic),
    slot: clinic.closed[0]?.id ?? slotAt(clinic, start_time),
    patient: patient(clinic, 2),
  });

export const placeStories: Story[] = [
  {
    note: 'visits fall out with a branch',
    steps: [
      books(2, '11:00'),
      branch(false),
      branch(false, 'cancel'),
      books(0, '11:00'),
      publishesThere,
      // The only one that is open.
      publishesElsewhere,
      branch(true),
      books(0, '11:00'),
    ],
  },
  {
    note: 'what is given up in a closed room is gone',
    steps: [
      publishesThere,
      books(2, '12:30'),
      waits(1),
      room(false),
      room(false, 'keep'),
      publishesThere,
      (clinic) => ({ do: 'delete room', by: admin(clinic), room: clinic.rooms[0]?.id ?? 0 }),
      cancels(2),
      passOn,
      books(0, '12:30'),
      room(true),
      publishesThere,
      books(0, '12:30'),
    ],
  },
  {
    note: 'what runs is gone with its branch',
    steps: [minutes(75), branch(false, 'keep'), booksNow('10:00'), branch(true), booksNow('10:00')],
  },
  {
    note: 'a branch is closed for a day, and the clinic with it',
    steps: [
      books(0, '10:00'),
      publishesIn(1),
      closesBranch(0, 'cancel'),
      closesBranch(0),
      booksNow('12:30'),
      publishesIn(0),
      closesBranch(1),
      booksNow('12:30'),
      cancels(2),
      closes(),
      // One of them is taken back, and the other still stands.
      (clinic) => ({ do: 'open', by: admin(clinic), holiday: clinic.holidays[0]?.id ?? 0 }),
      publishesIn(0),
      books(0, '10:00'),
      (clinic) => ({ do: 'open', by: admin(clinic), holiday: clinic.holidays.at(-1)?.id ?? 0 }),
      publishesIn(0),
      publishesIn(1),
    ],
  },
];
