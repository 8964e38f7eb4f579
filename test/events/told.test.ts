import { expect, test } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import type { Happened } from '../../src/events/log.ts';
import { bodyOf } from '../../src/events/told.ts';
import { calendarEvent } from '../../src/i18n/calendar.ts';

/** What an event tells others, as webhooks and streams say it. */

const event = (fields: Partial<Happened>): Happened => ({
  id: 1,
  type: 'appointment.booked',
  at: '2030-03-01T09:00:00.000Z',
  by: null,
  appointment_id: 7,
  timeslot_id: 8,
  doctor_id: 2,
  patient_id: 3,
  user_id: null,
  branch_id: 1,
  date: null,
  start_time: null,
  end_time: null,
  status: 'pending',
  version: 1,
  is_quiet: false,
  details: null,
  ...fields,
});
const timesOf = (fields: Partial<Happened>, timezone = 'Asia/Tashkent') => {
  const { starts_at, ends_at } = bodyOf(event(fields), createClock(timezone)).data;
  return [starts_at, ends_at];
};

test.each([
  ['a visit', { date: '2030-03-10', start_time: '10:00', end_time: '10:30' }, '10T05:00', '10T05:30'],
  [
    'what ends with the day',
    { date: '2030-03-10', start_time: '23:30', end_time: '24:00' },
    '10T18:30',
    '10T19:00',
  ],
  [
    'an absence of several days',
    {
      type: 'absence.announced' as const,
      date: '2030-03-10',
      start_time: '14:00',
      end_time: '11:00',
      details: { to: '2030-03-12' },
    },
    '10T09:00',
    '12T06:00',
  ],
  [
    'an absence of whole days',
    {
      type: 'absence.taken_back' as const,
      date: '2030-03-10',
      start_time: '00:00',
      end_time: '24:00',
      details: { to: '2030-03-14' },
    },
    '09T19:00',
    '14T19:00',
  ],
])('%s is told with its beginning and its end', (_, fields, starts, ends) => {
  expect(timesOf(fields)).toEqual([`2030-03-${starts}:00.000Z`, `2030-03-${ends}:00.000Z`]);
});

test('what has no time has none', () => {
  expect(timesOf({ type: 'holiday.added', date: '2030-03-10' })).toEqual([null, null]);
  expect(timesOf({ type: 'user.changed' })).toEqual([null, null]);
});

test.each([
  ['Europe/Berlin', '2030-03-31', '02:30', '03:00'],
  ['Europe/Berlin', '2030-03-31', '02:15', '03:10'],
  ['America/New_York', '2030-03-10', '02:50', '03:20'],
])(
  'a visit in %s on %s from %s to %s, in the hour that clocks skip, is told as calendars show it',
  (timezone, date, start_time, end_time) => {
    const clock = createClock(timezone);
    const [starts_at, ends_at] = timesOf({ date, start_time, end_time }, timezone);
    const shown = calendarEvent(
      {
        clinic_uid: 'clinic',
        epoch: 'abc',
        id: 7,
        version: 1,
        status: 'pending',
        date,
        start_time,
        end_time,
        created_at: '2030-03-01T09:00:00.000Z',
        updated_at: '2030-03-01T09:00:00.000Z',
        doctor: ['Jasur', 'Yusupov'],
        patient: ['Aziza', null],
        place: { branch: null, address: null, phone: null },
      },
      { locale: 'en', side: 'doctor', for_other: false },
      { clock, clinic_name: undefined },
    );
    expect([starts_at, ends_at]).toEqual([shown.starts_at.toISOString(), shown.ends_at.toISOString()]);
    expect(Date.parse(String(ends_at))).toBeGreaterThan(Date.parse(String(starts_at)));
  },
);
