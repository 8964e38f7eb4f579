import type { Clinic } from './clinic.ts';
import type { Wait } from './commands.ts';
import type { Request } from './requests.ts';
import { dayAfter, today } from './times.ts';

/** How a story is told: from the clinic as it is by then. */

export type Step = (clinic: Clinic) => Request | Wait;

export const of = ({ people }: Clinic, role: string, place = 0): number => {
  const found = people.filter((person) => person.role === role)[place];
  if (!found) throw new Error(`no such ${role} in this clinic`);
  return found.id;
};
export const admin = (clinic: Clinic) => of(clinic, 'admin');
export const receptionist = (clinic: Clinic, place = 0) => of(clinic, 'receptionist', place);
export const doctor = (clinic: Clinic, place = 0) => of(clinic, 'doctor', place);
export const patient = (clinic: Clinic, place = 0) => of(clinic, 'patient', place);
export const child = ({ people }: Clinic): number =>
  people.find(({ guardians }) => guardians.length > 0)?.id ?? 0;

export const newest = ({ people }: Clinic): number => people.at(-1)?.id ?? 0;

/** A doctor's slot of today; where it is gone, the last that a holiday took. */
export function slotAt(clinic: Clinic, start_time: string, place = 0): number {
  const isIt = (slot: Clinic['slots'][number]) =>
    slot.doctor === doctor(clinic, place) && slot.date === today(clinic) && slot.start_time === start_time;
  return clinic.slots.find(isIt)?.id ?? clinic.closed.at(-1)?.id ?? 0;
}
export const lastVisit = ({ visits }: Clinic) => visits.at(-1)?.id ?? 0;
export const lastWish = ({ wishes }: Clinic) => wishes.at(-1)?.id ?? 0;

export const books =
  (place: number, start_time: string): Step =>
  (clinic) => ({
    do: 'book',
    by: patient(clinic, place),
    slot: slotAt(clinic, start_time),
  });
export const cancels =
  (place: number): Step =>
  (clinic) => ({
    do: 'cancel',
    by: patient(clinic, place),
    visit: lastVisit(clinic),
  });
export const passOn: Step = (clinic) => ({ do: 'pass on', by: admin(clinic) });
export const waits =
  (place: number, days = 0, replaces?: (clinic: Clinic) => number): Step =>
  (clinic) => ({
    do: 'join',
    by: patient(clinic, place),
    doctor: doctor(clinic),
    from: today(clinic),
    to: dayAfter(today(clinic), days),
    ...(replaces && { replaces: replaces(clinic) }),
  });

export const closes =
  (visits: 'keep' | 'cancel' = 'keep'): Step =>
  (clinic) => ({ do: 'close', by: admin(clinic), date: today(clinic), visits });
export const publishes =
  (how: { despite_holiday?: boolean; branch?: number } = {}): Step =>
  (clinic) => ({
    do: 'publish',
    by: doctor(clinic),
    date: today(clinic),
    start_time: '12:30',
    end_time: '13:00',
    ...how,
  });
export const holds =
  (place: number): Step =>
  (clinic) => ({ do: 'hold', by: patient(clinic, place), slot: slotAt(clinic, '11:00') });
export const registers: Step = (clinic) => ({
  do: 'register',
  by: receptionist(clinic),
  first_name: 'Newcomer',
  last_name: 'of the desk',
  phone: `+99891${String(admin(clinic)).padStart(7, '0')}`,
});
export const minutes =
  (passed: number): Step =>
  () => ({ do: 'wait', minutes: passed });
