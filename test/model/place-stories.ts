import type { Openness } from './requests.ts';
import type { Story } from './stories.ts';
import {
  admin,
  books,
  cancels,
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
];
