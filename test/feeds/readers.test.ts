import { describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import { type CalendarEvent, type VisitForCalendar, writeFeed } from '../../src/core/icalendar.ts';
import { calendarEvent } from '../../src/i18n/calendar.ts';
import { badLines, hasKhal, khalList, readers } from '../helpers/calendars.ts';

const LONG = 'Абдурахмонова-Юсупова Гульчехра Абдулазизовна қизи, д.м.н.; «Шифо» \\ 👩🏽‍⚕️ Oʻgʻiloy';
const visit: VisitForCalendar = {
  clinic_uid: '5c8a5f5e-0000-4000-8000-1f2e3d4c5b6a',
  epoch: '1',
  id: 9001,
  version: 3,
  status: 'confirmed',
  date: '2026-03-10',
  start_time: '10:00',
  end_time: '10:30',
  created_at: '2026-03-01T09:00:00.000Z',
  updated_at: '2026-03-02T09:00:00.000Z',
  doctor: ['Жасур', 'Юсупов'],
  patient: ['Азиза', 'Каримова'],
  place: {
    branch: 'Юнусабад',
    address: 'Тошкент, Амир Темур шох кўчаси, 107Б; 2-қават',
    phone: '+998712000000',
  },
};

const eventsIn = (zone: string, ...changes: Partial<VisitForCalendar>[]): CalendarEvent[] =>
  changes.map((change) =>
    calendarEvent(
      { ...visit, ...change },
      { locale: 'ru', side: 'patient', for_other: false },
      { clock: createClock(zone), clinic_name: 'Клиника; «Шифо», Юнусабад' },
    ),
  );

const statuses = [
  { id: 1, status: 'pending' },
  { id: 2, status: 'confirmed', doctor: [LONG, LONG] },
  { id: 3, status: 'cancelled' },
  { id: 4, status: 'expired' },
  { id: 5, status: 'confirmed', start_time: '23:30', end_time: '24:00' },
] as const satisfies Partial<VisitForCalendar>[];

/** Wall times of the clinic, and what they are in UTC, on the days on which clocks change there. */
const CHANGES: [zone: string, date: string, start: string, end: string, from: string, until: string][] = [
  ['America/New_York', '2026-03-08', '01:30', '03:00', '2026-03-08T06:30', '2026-03-08T07:00'],
  ['America/New_York', '2026-03-08', '10:00', '10:30', '2026-03-08T14:00', '2026-03-08T14:30'],
  ['America/New_York', '2026-03-07', '10:00', '10:30', '2026-03-07T15:00', '2026-03-07T15:30'],
  ['America/New_York', '2026-11-01', '00:30', '01:30', '2026-11-01T04:30', '2026-11-01T05:30'],
  ['America/New_York', '2026-11-01', '23:00', '24:00', '2026-11-02T04:00', '2026-11-02T05:00'],
  ['Europe/Berlin', '2026-03-29', '01:30', '03:30', '2026-03-29T00:30', '2026-03-29T01:30'],
  ['Europe/Berlin', '2026-10-25', '01:30', '02:30', '2026-10-24T23:30', '2026-10-25T00:30'],
  ['Europe/Berlin', '2026-10-25', '23:30', '24:00', '2026-10-25T22:30', '2026-10-25T23:00'],
  ['Asia/Tashkent', '2026-12-31', '23:30', '24:00', '2026-12-31T18:30', '2026-12-31T19:00'],
];

const eventsOfChanges = () =>
  CHANGES.flatMap(([zone, date, start_time, end_time], id) =>
    eventsIn(zone, { id, date, start_time, end_time }),
  );

describe.each(readers)('%s', (_name, read) => {
  test('understands every field as it is meant, folded lines, commas and emoji included', async () => {
    const events = eventsIn('Asia/Tashkent', ...statuses);
    const file = await writeFeed('Клиника «Шифо»: Мои приёмы', events);
    expect(badLines(file)).toEqual([]);
    const calendar = read(file);
    expect(calendar.name).toBe('Клиника «Шифо»: Мои приёмы');
    expect(calendar.events).toEqual(
      events.map(({ uid, sequence, status, summary, location, description, starts_at, ends_at }) => ({
        uid,
        sequence,
        status,
        class: 'PRIVATE',
        summary,
        location,
        description,
        start: starts_at.toISOString(),
        end: ends_at.toISOString(),
      })),
    );
    expect(calendar.events.map(({ status }) => status)).toEqual([
      'TENTATIVE',
      'CONFIRMED',
      'CANCELLED',
      'CANCELLED',
      'CONFIRMED',
    ]);
    expect(calendar.events[1]?.summary).toContain(LONG);
  });

  test('understands the hours of each day on which clocks change, and a visit until 24:00', async () => {
    const file = await writeFeed('x', eventsOfChanges());
    expect(read(file).events.map(({ start, end }) => [start, end])).toEqual(
      CHANGES.map(([, , , , from, until]) => [`${from}:00.000Z`, `${until}:00.000Z`]),
    );
  });
});

test.skipIf(!hasKhal)('khal shows the visits at the clinic’s hours, and says which are off', async () => {
  const file = await writeFeed('x', eventsIn('Asia/Tashkent', ...statuses));
  const shown = khalList(file, 'Asia/Tashkent', ['2026-03-10', '1d']);
  expect(shown).toHaveLength(5);
  expect(shown).toContain(
    '2026-03-10 10:00|2026-03-10 10:30|Приём у врача: Жасур Юсупов (ещё не подтверждён)',
  );
  expect(shown).toContain('2026-03-10 10:00|2026-03-10 10:30|Приём у врача: Жасур Юсупов (отменён)');
  expect(shown).toContain('2026-03-10 23:30|2026-03-11 00:00|Приём у врача: Жасур Юсупов');
  const file_of_changes = await writeFeed(
    'x',
    eventsIn('Europe/Berlin', { date: '2026-10-25', start_time: '23:30', end_time: '24:00' }),
  );
  expect(khalList(file_of_changes, 'Europe/Berlin', ['2026-10-25', '1d'])).toEqual([
    expect.stringMatching(/^2026-10-25 23:30\|2026-10-26 00:00\|/),
  ]);
});

test('a time that clocks skip never ends before it begins', () => {
  const [event] = eventsIn('America/New_York', {
    date: '2026-03-08',
    start_time: '02:30',
    end_time: '03:00',
  });
  expect(event?.ends_at.getTime()).toBeGreaterThan(event?.starts_at.getTime() ?? Number.POSITIVE_INFINITY);
});
