import { describe, expect, test } from 'vitest';
import { readPosition, writePosition } from '../../src/events/positions.ts';
import { type Event, hears, type Rights } from '../../src/modules/streams/streams.rules.ts';

const nobody = { family: [], branches: null };
const patient: Rights = { ...nobody, user: 1, role: 'patient', family: [1, 9] };
const doctor: Rights = { ...nobody, user: 2, role: 'doctor' };
const admin: Rights = { ...nobody, user: 3, role: 'admin' };
const desk: Rights = { user: 4, role: 'receptionist', family: [], branches: [1] };

const event = (fields: Partial<Event>): Event => ({
  type: 'appointment.booked',
  doctor_id: 2,
  patient_id: 1,
  branch_id: 1,
  date: '2026-03-10',
  details: null,
  ...fields,
});
const moved = event({
  type: 'appointment.moved',
  doctor_id: 5,
  branch_id: 2,
  date: '2026-03-12',
  details: { from: { date: '2026-03-10' }, from_doctor: 2 },
});
const corrected = event({
  type: 'appointment.patient_corrected',
  patient_id: 7,
  details: { from_patient: 1 },
});

describe('who hears of what', () => {
  test.each([
    ['a patient, of their visit', event({}), patient, {}, 'whole'],
    ['a guardian, of a child’s', event({ patient_id: 9 }), patient, {}, 'whole'],
    ['a patient, of another’s', event({ patient_id: 8 }), patient, {}, undefined],
    ['a patient, of a slot that they hold', event({ type: 'timeslot.held' }), patient, {}, undefined],
    ['a patient, of an account', event({ type: 'user.changed' }), patient, {}, undefined],
    ['a patient, of a visit that was somebody else’s all along', corrected, patient, {}, 'left'],
    ['a doctor, of their visit', event({}), doctor, {}, 'whole'],
    ['a doctor, of another day', event({}), doctor, { date: '2026-03-11' }, undefined],
    ['a doctor, of another’s visit', event({ doctor_id: 5 }), doctor, {}, undefined],
    ['a doctor, of a visit that has gone to another', moved, doctor, {}, 'left'],
    ['a doctor, of who waits for them', event({ type: 'waitlist.joined' }), doctor, {}, undefined],
    [
      'a doctor, of an absence that covers the day',
      event({ type: 'absence.announced', details: { to: '2026-03-20' } }),
      doctor,
      { date: '2026-03-15' },
      'whole',
    ],
    ['an admin, of everything', event({ branch_id: 2 }), admin, {}, 'whole'],
    ['an admin, of another branch than they ask for', event({}), admin, { branch: 2 }, undefined],
    ['an admin, of a visit that has left the day', moved, admin, { date: '2026-03-10' }, 'whole'],
    ['an admin, of a visit that has left the doctor', moved, admin, { doctor: 2 }, 'whole'],
    ['an admin, of an account', event({ type: 'user.changed' }), admin, {}, undefined],
    ['a desk, of its branch', event({}), desk, {}, 'whole'],
    ['a desk, of another branch', event({ branch_id: 2 }), desk, {}, undefined],
    ['a desk, of a visit that has left its branch', moved, desk, {}, 'left', 1],
    ['a desk, of a visit that moved elsewhere', moved, desk, {}, undefined, 2],
    [
      'a desk, of who waits for any branch',
      event({ type: 'waitlist.joined', branch_id: null }),
      desk,
      {},
      'whole',
    ],
    ['a desk, of a holiday of all', event({ type: 'holiday.added', branch_id: null }), desk, {}, 'whole'],
    ['a desk, of an absence', event({ type: 'absence.announced', branch_id: null }), desk, {}, undefined],
  ] as const)('%s', (_, happened, rights, wanted, expected, before?: number) => {
    expect(hears(happened, rights, wanted, before)).toBe(expected);
  });
});

describe('a place in the log', () => {
  const whole = { epoch: '65f1c2ab', at: 1_772_000_000, place: '700:705:701,703', upto: null, after: 0 };
  test.each([whole, { ...whole, upto: '710:710:', after: 42 }])(
    'is read as it was written: %j',
    (position) => {
      expect(readPosition(writePosition(position))).toEqual(position);
      expect(writePosition(position)).toMatch(/^[\w-]+$/);
    },
  );

  test.each([
    '',
    'nonsense',
    '65f1c2ab/1772000000/700:705',
    '65f1c2ab/1772000000/0:705:',
    '65f1c2ab/1772000000/705:700:',
    '65f1c2ab/1772000000/700:705:699',
    '65f1c2ab/1772000000/700:705:705',
    '65f1c2ab/1772000000/700:705:703,701',
    "65f1c2ab/1772000000/700:705:'",
    '65f1c2ab/x/700:705:',
    'XYZ/1772000000/700:705:',
    '65f1c2ab/1772000000/700:705:/710:710:',
    '65f1c2ab/1772000000/700:705:/710:710:/x',
    '65f1c2ab/1772000000/700:705:/710:710:/1/2',
    `65f1c2ab/1772000000/${'9'.repeat(19)}:${'9'.repeat(19)}:`,
  ])('that was never handed out is none: %s', (text) => {
    expect(readPosition(Buffer.from(text).toString('base64url'))).toBeUndefined();
  });
});
