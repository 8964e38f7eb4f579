import type { Clinic } from './clinic.ts';
import type { Story } from './stories.ts';
import {
  admin,
  lastVisit,
  lastWish,
  minutes,
  newest,
  passOn,
  patient,
  receptionist,
  registers,
  type Step,
  slotAt,
} from './telling.ts';
import { dayAfter, today } from './times.ts';

/** Stories of families, and of patients whom the desk knows. */

const addsChild =
  (place: number, date_of_birth: string): Step =>
  (clinic) => ({
    do: 'add dependant',
    by: patient(clinic, place),
    first_name: 'kid',
    last_name: 'of the family',
    date_of_birth,
    gender: 'female',
    relationship: 'parent',
  });

/** A slot of the first doctor's tomorrow, or today's after a day. */
const slotOn = ({ slots }: Clinic, day: string) =>
  slots.find(({ date, start_time }) => date === day && start_time === '10:30')?.id ?? 0;

export const familyStories: Story[] = [
  {
    note: 'somebody comes of age with a visit ahead',
    steps: [
      addsChild(1, '2008-03-03'),
      (clinic) => ({
        do: 'book',
        by: patient(clinic, 1),
        slot: slotOn(clinic, dayAfter(today(clinic), 1)),
        patient: newest(clinic),
      }),
      (clinic) => ({
        do: 'hold',
        by: patient(clinic, 1),
        slot: slotAt(clinic, '11:00'),
        patient: newest(clinic),
      }),
      minutes(1_440),
      (clinic) => ({ do: 'cancel', by: patient(clinic, 1), visit: lastVisit(clinic) }),
      (clinic) => ({ do: 'list own visits', by: patient(clinic, 1), filters: {} }),
      (clinic) => ({ do: 'let go', by: patient(clinic, 1), dependant: newest(clinic) }),
      (clinic) => ({ do: 'cancel', by: receptionist(clinic), visit: lastVisit(clinic) }),
    ],
  },
  {
    note: 'another guardian joins by a code',
    steps: [
      addsChild(1, '2015-05-05'),
      (clinic) => ({ do: 'invite', by: patient(clinic, 1), dependant: newest(clinic) }),
      (clinic) => ({
        do: 'book',
        by: patient(clinic, 2),
        slot: slotAt(clinic, '11:00'),
        patient: newest(clinic),
      }),
      (clinic) => ({ do: 'join family', by: patient(clinic, 2), code: clinic.invitations[0]?.code ?? '' }),
      (clinic) => ({
        do: 'book',
        by: patient(clinic, 2),
        slot: slotAt(clinic, '11:00'),
        patient: newest(clinic),
      }),
      (clinic) => ({ do: 'let go', by: patient(clinic, 1), dependant: newest(clinic) }),
      // Nobody else looks after them now.
      (clinic) => ({ do: 'let go', by: patient(clinic, 2), dependant: newest(clinic) }),
      (clinic) => ({ do: 'cancel', by: patient(clinic, 2), visit: lastVisit(clinic) }),
      (clinic) => ({ do: 'let go', by: patient(clinic, 2), dependant: newest(clinic) }),
    ],
  },
  {
    note: 'a child goes whom nobody would miss',
    steps: [
      addsChild(0, '2015-05-05'),
      (clinic) => ({ do: 'let go', by: patient(clinic), dependant: newest(clinic) }),
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic),
        slot: slotAt(clinic, '11:00'),
        patient: newest(clinic),
      }),
    ],
  },
  {
    note: 'a merge moves visits, wishes and offers',
    steps: [
      registers,
      (clinic) => ({
        do: 'correct',
        by: receptionist(clinic),
        patient: newest(clinic),
        date_of_birth: '2015-05-05',
      }),
      (clinic) => ({
        do: 'tie',
        by: receptionist(clinic),
        patient: newest(clinic),
        guardian: patient(clinic, 2),
      }),
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic),
        slot: slotAt(clinic, '10:00'),
        patient: newest(clinic),
      }),
      (clinic) => ({
        do: 'join',
        by: receptionist(clinic),
        patient: newest(clinic),
        doctor: clinic.slots[0]?.doctor ?? 0,
        from: today(clinic),
        to: today(clinic),
      }),
      (clinic) => ({ do: 'book', by: patient(clinic), slot: slotAt(clinic, '11:00') }),
      (clinic) => ({ do: 'cancel', by: patient(clinic), visit: lastVisit(clinic) }),
      passOn,
      (clinic) => ({
        do: 'hold',
        by: patient(clinic, 2),
        slot: slotAt(clinic, '10:30'),
        patient: newest(clinic),
      }),
      // The other record has a visit at that time.
      (clinic) => ({ do: 'book', by: patient(clinic, 1), slot: slotAt(clinic, '10:00', 1) }),
      (clinic) => ({ do: 'merge', by: admin(clinic), patient: newest(clinic), into: patient(clinic, 1) }),
      (clinic) => ({ do: 'cancel', by: patient(clinic, 1), visit: lastVisit(clinic) }),
      (clinic) => ({ do: 'merge', by: admin(clinic), patient: newest(clinic), into: patient(clinic, 1) }),
      (clinic) => ({ do: 'accept', by: patient(clinic, 1), wish: lastWish(clinic) }),
      (clinic) => ({ do: 'list own visits', by: patient(clinic, 1), filters: {} }),
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic),
        slot: slotAt(clinic, '10:30'),
        patient: newest(clinic),
      }),
    ],
  },
  {
    note: 'a record takes over the sign-in of the other',
    steps: [
      (clinic) => ({ do: 'book', by: patient(clinic, 2), slot: slotAt(clinic, '10:00') }),
      registers,
      (clinic) => ({ do: 'merge', by: admin(clinic), patient: patient(clinic, 2), into: newest(clinic) }),
      (clinic) => ({ do: 'sign in', by: newest(clinic) }),
      (clinic) => ({ do: 'list own visits', by: newest(clinic), filters: {} }),
      (clinic) => ({ do: 'cancel', by: newest(clinic), visit: lastVisit(clinic) }),
    ],
  },
  {
    note: 'a receptionist works in one branch',
    steps: [
      (clinic) => ({ do: 'read slot', by: receptionist(clinic, 1), slot: slotAt(clinic, '11:00') }),
      (clinic) => ({
        do: 'publish',
        by: receptionist(clinic, 1),
        doctor: clinic.slots[0]?.doctor ?? 0,
        date: today(clinic),
        start_time: '12:30',
        end_time: '13:00',
        branch: clinic.branches[1]?.id ?? 0,
      }),
      (clinic) => ({
        do: 'book',
        by: receptionist(clinic, 1),
        slot: slotAt(clinic, '12:30'),
        patient: patient(clinic),
      }),
      (clinic) => ({
        do: 'reschedule',
        by: receptionist(clinic, 1),
        visit: lastVisit(clinic),
        slot: slotAt(clinic, '11:00'),
      }),
      (clinic) => ({
        do: 'reschedule',
        by: receptionist(clinic),
        visit: lastVisit(clinic),
        slot: slotAt(clinic, '11:00'),
      }),
      (clinic) => ({ do: 'cancel', by: receptionist(clinic, 1), visit: lastVisit(clinic) }),
      (clinic) => ({
        do: 'list all visits',
        by: receptionist(clinic, 1),
        filters: { patient: patient(clinic) },
      }),
    ],
  },
];
