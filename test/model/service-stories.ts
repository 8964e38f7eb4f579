import type { Clinic } from './clinic.ts';
import type { Story } from './stories.ts';
import {
  cancels,
  child,
  doctor,
  lastVisit,
  lastWish,
  minutes,
  passOn,
  patient,
  type Step,
  slotAt,
} from './telling.ts';
import { today } from './times.ts';

/** Stories of services, and of the rooms that they take. */

const named = ({ services }: Clinic, name: string) =>
  services.find((service) => service.name === name)?.id ?? 0;

const comesFor =
  (name: string, place: number, [start_time, of]: [start_time: string, doctor: number]): Step =>
  (clinic) => ({
    do: 'book',
    by: patient(clinic, place),
    slot: slotAt(clinic, start_time, of),
    service: named(clinic, name),
  });

const waitsFor =
  (name: string, place: number): Step =>
  (clinic) => ({
    do: 'join',
    by: patient(clinic, place),
    doctor: doctor(clinic),
    from: today(clinic),
    to: today(clinic),
    service: named(clinic, name),
  });

/** At half past twelve, in the first branch. */
const opens =
  (place: number, end_time: string, isInLab = false): Step =>
  (clinic) => ({
    do: 'publish',
    by: doctor(clinic, place),
    date: today(clinic),
    start_time: '12:30',
    end_time,
    branch: clinic.branches[0]?.id ?? 0,
    ...(isInLab && { room: clinic.rooms[0]?.id ?? 0 }),
  });

export const serviceStories: Story[] = [
  {
    note: 'a visit moves within its own slots',
    steps: [
      comesFor('scan', 0, ['10:00', 0]),
      comesFor('talk', 1, ['10:30', 0]),
      (clinic) => ({
        do: 'reschedule',
        by: patient(clinic),
        visit: lastVisit(clinic),
        slot: slotAt(clinic, '10:30'),
      }),
      // What it left is free, what it has is not.
      comesFor('talk', 1, ['10:00', 0]),
      comesFor('talk', 2, ['11:00', 0]),
    ],
  },
  {
    note: 'an examination is in another room than its doctor',
    steps: [
      opens(2, '13:00', true),
      opens(1, '13:00', true),
      opens(1, '13:30'),
      opens(0, '13:00'),
      (clinic) => ({
        do: 'book',
        by: patient(clinic),
        slot: slotAt(clinic, '12:30'),
        patient: child(clinic),
        service: named(clinic, 'scan of a child'),
      }),
      // Both rooms are in use.
      comesFor('scan', 2, ['12:30', 1]),
      comesFor('operation', 2, ['12:30', 1]),
    ],
  },
  {
    note: 'part of what is held is booked alone',
    steps: [
      (clinic) => ({
        do: 'hold',
        by: patient(clinic),
        slot: slotAt(clinic, '10:00'),
        service: named(clinic, 'scan'),
      }),
      comesFor('talk', 2, ['10:30', 0]),
      comesFor('talk', 0, ['10:00', 0]),
      comesFor('talk', 2, ['10:30', 0]),
      (clinic) => ({ do: 'hold', by: patient(clinic), slot: slotAt(clinic, '11:00') }),
      comesFor('talk', 2, ['10:30', 0]),
    ],
  },
  {
    note: 'all that a service takes is offered at once',
    steps: [
      comesFor('operation', 0, ['10:00', 0]),
      waitsFor('operation', 2),
      cancels(0),
      passOn,
      comesFor('talk', 1, ['10:30', 0]),
      (clinic) => ({ do: 'read wish', by: patient(clinic, 2), wish: lastWish(clinic) }),
      (clinic) => ({ do: 'accept', by: patient(clinic, 2), wish: lastWish(clinic) }),
    ],
  },
  {
    note: 'what is offered together goes together',
    steps: [
      comesFor('operation', 0, ['10:00', 0]),
      waitsFor('operation', 2),
      cancels(0),
      passOn,
      (clinic) => ({
        do: 'be away',
        by: doctor(clinic),
        from: today(clinic),
        to: today(clinic),
        start_time: '10:00',
        end_time: '11:00',
      }),
      comesFor('talk', 1, ['11:00', 0]),
    ],
  },
  {
    note: 'a whole is offered over what lapsed',
    steps: [
      comesFor('talk', 0, ['10:00', 0]),
      comesFor('talk', 1, ['10:30', 0]),
      (clinic) => ({
        do: 'join',
        by: patient(clinic),
        doctor: doctor(clinic),
        from: today(clinic),
        to: today(clinic),
        before: '10:30',
      }),
      waitsFor('scan', 2),
      (clinic) => ({ do: 'cancel', by: patient(clinic), visit: clinic.visits[0]?.id ?? 0 }),
      passOn,
      (clinic) => ({ do: 'cancel', by: patient(clinic, 1), visit: clinic.visits[1]?.id ?? 0 }),
      minutes(30),
      comesFor('talk', 1, ['10:30', 0]),
    ],
  },
];
