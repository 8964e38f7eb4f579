import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MessageKind, parseReminders } from '../../src/core/messages.ts';
import type { QuietHours } from '../../src/core/quiet.ts';
import type { Role } from '../../src/core/roles.ts';
import type { Channel } from '../../src/core/words.ts';
import { createGate } from '../../src/modules/notifications/channels/gate.ts';
import { delayAfter } from '../../src/modules/notifications/delivery/queue.rules.ts';
import { channelsFor, type Reachable } from '../../src/modules/notifications/telling/channels.rules.ts';
import { judge, type VisitNow } from '../../src/modules/notifications/telling/judgement.rules.ts';
import { quietUntil, remindAt } from '../../src/modules/notifications/telling/quiet.rules.ts';
import { testClock } from '../helpers/clock.ts';

const person: Reachable & QuietHours = {
  email_verified: true,
  phone_reaches: true,
  telegram_linked: true,
  channels: {},
  quiet: true,
  quiet_from: '22:00',
  quiet_until: '08:00',
};
const all = new Set<Channel>(['email', 'sms', 'telegram']);

describe('channels', () => {
  test.each([
    ['visits go to Telegram first', 'booked', {}, all, ['telegram']],
    ['then by SMS', 'booked', { telegram_linked: false }, all, ['sms']],
    ['then by email', 'booked', { telegram_linked: false, phone_reaches: false }, all, ['email']],
    ['what is not set up is left out', 'booked', {}, new Set<Channel>(['email']), ['email']],
    [
      'unproved addresses are not used',
      'reminder',
      { telegram_linked: false, phone_reaches: false, email_verified: false },
      all,
      [],
    ],
    ['an account’s news rather by email than SMS', 'new_sign_in', { telegram_linked: false }, all, ['email']],
    ['a choice is kept', 'reminder', { channels: { reminder: ['sms', 'email'] } }, all, ['email', 'sms']],
    ['of another kind says nothing', 'booked', { channels: { reminder: ['sms'] } }, all, ['telegram']],
    ['also to hear nothing', 'reminder', { channels: { reminder: [] } }, all, []],
    [
      'a choice does not make an address theirs',
      'reminder',
      { channels: { reminder: ['sms'] }, phone_reaches: false },
      all,
      [],
    ],
  ] as const)('%s', (_, kind, fields, offered, expected) => {
    expect(channelsFor(kind, { ...person, ...fields }, offered)).toEqual(expected);
  });
});

describe('quiet hours', () => {
  /** Tashkent is five hours ahead of UTC. */
  const at = (local: string) => testClock(`${local}:00+05:00`);
  const tomorrow = { date: '2030-03-05', start_time: '10:00' };
  const quiet = (
    local: string,
    kind: 'booked' | 'cancelled' | 'declined' | 'reminder' | 'code',
    visit = tomorrow,
    fields = {},
  ) => quietUntil(kind, visit, { ...person, ...fields }, at(local))?.toISOString();

  test.each([
    ['2030-03-04T21:59', undefined],
    ['2030-03-04T22:00', '2030-03-05T03:00:00.000Z'],
    ['2030-03-04T23:59', '2030-03-05T03:00:00.000Z'],
    ['2030-03-05T00:00', '2030-03-05T03:00:00.000Z'],
    ['2030-03-05T07:59', '2030-03-05T03:00:00.000Z'],
    ['2030-03-05T08:00', undefined],
    ['2030-12-31T23:00', '2031-01-01T03:00:00.000Z'],
  ])('at %s until %s', (local, end) => {
    expect(quiet(local, 'booked', { date: '2031-06-01', start_time: '10:00' })).toBe(end);
  });

  test('let codes pass, and cancellations of the same day or of the next morning', () => {
    expect(quiet('2030-03-04T23:00', 'code')).toBeUndefined();
    expect(quiet('2030-03-05T06:00', 'cancelled')).toBeUndefined();
    expect(quiet('2030-03-05T06:00', 'declined')).toBeUndefined();
    expect(
      quiet('2030-03-04T23:00', 'cancelled', { date: '2030-03-05', start_time: '09:59' }),
    ).toBeUndefined();
    expect(quiet('2030-03-04T23:00', 'cancelled')).toBe('2030-03-05T03:00:00.000Z');
    expect(quiet('2030-03-05T06:00', 'reminder')).toBe('2030-03-05T03:00:00.000Z');
  });

  test('let a reminder pass whose job is a little late, where the morning would be too late', () => {
    const early = { date: '2030-03-05', start_time: '08:00' };
    expect(quiet('2030-03-04T22:14', 'reminder', early)).toBeUndefined();
    expect(quiet('2030-03-04T22:15', 'reminder', early)).toBe('2030-03-05T03:00:00.000Z');
    expect(quiet('2030-03-04T22:01', 'reminder')).toBe('2030-03-05T03:00:00.000Z');
    expect(quiet('2030-03-04T22:01', 'booked', early)).toBe('2030-03-05T03:00:00.000Z');
  });

  test('can be other hours, lie within a day, be empty, or be off', () => {
    const visit = { date: '2030-06-01', start_time: '10:00' };
    const siesta = { quiet_from: '13:00', quiet_until: '15:30' };
    expect(quiet('2030-03-04T13:00', 'booked', visit, siesta)).toBe('2030-03-04T10:30:00.000Z');
    expect(quiet('2030-03-04T15:30', 'booked', visit, siesta)).toBeUndefined();
    expect(quiet('2030-03-04T23:00', 'booked', visit, { quiet_until: '24:00' })).toBe(
      '2030-03-04T19:00:00.000Z',
    );
    expect(quiet('2030-03-04T23:00', 'booked', visit, { quiet_from: '08:00' })).toBeUndefined();
    expect(quiet('2030-03-04T23:00', 'booked', visit, { quiet: false })).toBeUndefined();
  });

  test('last until the wall shows their end, also where clocks change in the night', () => {
    const berlin = testClock('2026-03-28T22:30:00Z', 'Europe/Berlin');
    expect(quietUntil('booked', null, person, berlin)?.toISOString()).toBe('2026-03-29T06:00:00.000Z');
    const autumn = testClock('2026-10-24T21:30:00Z', 'Europe/Berlin');
    expect(quietUntil('booked', null, person, autumn)?.toISOString()).toBe('2026-10-25T07:00:00.000Z');
  });
});

test('the clock finds the instant of a wall time, also where clocks change', () => {
  const berlin = testClock('2026-01-01T00:00:00Z', 'Europe/Berlin');
  expect(berlin.at('2026-01-15', '10:00').toISOString()).toBe('2026-01-15T09:00:00.000Z');
  expect(berlin.at('2026-07-15', '10:00').toISOString()).toBe('2026-07-15T08:00:00.000Z');
  // 02:30 is skipped in spring, and comes twice in autumn.
  expect(berlin.at('2026-03-29', '02:30').toISOString()).toBe('2026-03-29T01:30:00.000Z');
  expect(berlin.at('2026-03-29', '03:30').toISOString()).toBe('2026-03-29T01:30:00.000Z');
  expect(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']).toContain(
    berlin.at('2026-10-25', '02:30').toISOString(),
  );
  expect(berlin.at('2026-03-28', '24:00').toISOString()).toBe('2026-03-28T23:00:00.000Z');
  expect(testClock().at('2030-03-12', '10:00').toISOString()).toBe('2030-03-12T05:00:00.000Z');
});

describe('whether a message is still true', () => {
  const clock = testClock('2030-03-05T05:00:00Z');
  const visit: VisitNow = { date: '2030-03-05', start_time: '10:01', end_time: '10:31', status: 'pending' };
  const reader = {
    deleted: false,
    role: 'patient' as Role,
    is_active: true,
    is_doctor: false,
    quiet: false,
    quiet_from: '22:00',
    quiet_until: '08:00',
  };
  const at = { date: visit.date, start_time: visit.start_time };
  const why = (
    kind: MessageKind,
    now: Partial<VisitNow> | null = {},
    { params = at as Record<string, string>, created_at = '2030-03-05T04:55:00.000Z', ...who } = {},
  ) =>
    judge(
      { kind, params, created_at: new Date(created_at) },
      { ...reader, ...who, visit: now && { ...visit, ...now } },
      clock,
    ).drop;

  test('codes and offers are true until they expire, and nothing is true for an erased person', () => {
    expect(why('code', null, { params: {} })).toBeUndefined();
    expect(why('code', null, { params: {}, created_at: '2030-03-05T04:54:59.999Z' })).toBe('expired');
    const offer = { ...at, expires_at: '2030-03-05T05:00:00Z' };
    expect(why('waitlist_offer', null, { params: offer })).toBe('expired');
    expect(why('booked', {}, { deleted: true } as object)).toBe('person_deleted');
    const out = { role: 'doctor', is_active: false } as object;
    expect(why('booked', {}, out)).toBe('person_inactive');
    expect(why('code', null, { params: {}, ...out })).toBeUndefined();
    expect(why('cancelled', { status: 'cancelled' }, { is_active: false } as object)).toBeUndefined();
  });

  test.each([
    // What is said, of the time at which the visit stands, by its status now.
    ['booked', 'pending', undefined],
    ['booked', 'confirmed', 'visit_decided'],
    ['booked', 'cancelled', 'visit_cancelled'],
    ['booked', 'expired', 'visit_expired'],
    ['unanswered', 'pending', undefined],
    ['unanswered', 'confirmed', 'visit_decided'],
    ['confirmed', 'confirmed', undefined],
    ['confirmed', 'pending', 'visit_moved'],
    ['confirmed', 'cancelled', 'visit_cancelled'],
    ['moved', 'pending', undefined],
    ['moved', 'confirmed', undefined],
    ['moved', 'cancelled', 'visit_cancelled'],
    ['reminder', 'pending', undefined],
    ['reminder', 'expired', 'visit_expired'],
    ['confirmed_coming', 'pending', undefined],
    ['cancelled', 'cancelled', undefined],
    ['declined', 'cancelled', undefined],
    ['absence', 'cancelled', undefined],
    ['expired', 'expired', undefined],
  ] as const)('%s of one that is %s: %s', (kind, status, expected) => {
    expect(why(kind, { status })).toBe(expected);
  });

  test('a message of another time than the visit’s says nothing true of the visit', () => {
    const now = { date: '2030-03-07', start_time: '15:00', end_time: '15:30' };
    for (const kind of [
      'booked',
      'confirmed',
      'moved',
      'reminder',
      'confirmed_coming',
      'unanswered',
    ] as const)
      expect(why(kind, now), kind).toBe('visit_moved');
    // What was written before messages kept their time speaks of where the visit is.
    expect(why('booked', now, { params: {} })).toBeUndefined();
  });

  test('nothing is told to the patient of a visit that has begun, and to its doctor until it is over', () => {
    const running = { start_time: '10:00', end_time: '10:30' };
    const params = { ...at, start_time: '10:00' };
    for (const kind of ['booked', 'moved', 'reminder', 'cancelled'] as const) {
      const status = kind === 'cancelled' ? 'cancelled' : 'pending';
      expect(why(kind, { ...running, status }, { params }), kind).toBe('visit_begun');
      expect(why(kind, { ...running, status }, { params, is_doctor: true } as object), kind).toBe(undefined);
      const over = { ...running, end_time: '10:00', start_time: '09:30', status } as const;
      const then = { ...at, start_time: '09:30' };
      expect(why(kind, over, { params: then, is_doctor: true } as object), kind).toBe('visit_begun');
    }
    const long = { date: '2030-03-04', start_time: '09:00', end_time: '10:00', status: 'expired' } as const;
    expect(why('expired', long, { params: { date: long.date, start_time: '09:00' } })).toBeUndefined();
    expect(why('expired', { ...long, end_time: '09:59' })).toBe('expired');
  });
});

test('each reason why a message is not sent stands in the document', () => {
  const folder = resolve(import.meta.dirname, '../../src/modules/notifications');
  const read = (file: string) => readFileSync(resolve(folder, file), 'utf8');
  const rules = read('telling/judgement.rules.ts') + read('delivery/truth.rules.ts');
  const reasons = [...rules.matchAll(/(?:return|drop:|\?) '(\w+)'/g)].map(([, reason]) => reason);
  expect(new Set(reasons).size).toBeGreaterThan(7);
  const documented = read('outbox/outbox.schemas.ts');
  expect(reasons.filter((reason) => !documented.includes(`\`${reason}\``))).toEqual([]);
});

test('a move is judged by the earlier of the old and the new time, whenever it is judged', () => {
  const clock = testClock('2030-03-05T18:00:00Z');
  const visit: VisitNow = { date: '2030-03-20', start_time: '10:00', end_time: '10:30', status: 'pending' };
  const said = (from_date: string, from_time: string) => ({
    kind: 'moved' as const,
    created_at: clock.now(),
    params: { from_date, from_time, date: visit.date, start_time: visit.start_time },
  });
  const reader = {
    ...person,
    deleted: false,
    role: 'patient' as const,
    is_active: true,
    is_doctor: false,
    visit,
  };
  // It is 23:00: of tomorrow's first hours somebody hears at once, of the rest in the morning.
  expect(judge(said('2030-03-06', '09:30'), reader, clock)).toEqual({});
  expect(judge(said('2030-03-06', '10:00'), reader, clock).wait?.toISOString()).toBe(
    '2030-03-06T03:00:00.000Z',
  );
});

describe('a person is reminded', () => {
  const clock = testClock('2030-03-01T05:00:00Z');
  const at = (start_time: string, minutes: number, fields = {}) =>
    clock.wallOf(remindAt({ date: '2030-03-05', start_time }, minutes, { ...person, ...fields }, clock));
  const shown = (start_time: string, minutes: number, fields = {}) => {
    const { date, time } = at(start_time, minutes, fields);
    return `${date.slice(8)} ${time.slice(0, 5)}`;
  };

  test('as long before as the clinic says, where that is outside their quiet hours', () => {
    expect(shown('15:00', 120)).toBe('05 13:00');
    expect(shown('15:00', 1_440)).toBe('04 15:00');
  });

  test('in the morning, where their quiet hours end in time', () => {
    expect(shown('10:00', 180)).toBe('05 07:00');
    expect(shown('15:00', 960)).toBe('04 23:00');
  });

  test('just before their quiet hours begin, where these end too late', () => {
    expect(shown('08:00', 120)).toBe('04 21:55');
    expect(shown('09:59', 120)).toBe('04 21:55');
    expect(shown('07:00', 480)).toBe('04 21:55');
    expect(shown('10:00', 120)).toBe('05 08:00');
    const siesta = { quiet_from: '13:00', quiet_until: '15:30' };
    expect(shown('16:00', 60, siesta)).toBe('05 12:55');
    expect(shown('08:00', 120, { quiet: false })).toBe('05 06:00');
  });
});

test('the pauses between attempts grow as graphile-worker’s do, and last as long as a provider asks', () => {
  expect([1, 2, 3, 10, 15].map((attempts) => Math.round(delayAfter(attempts)))).toEqual([
    3, 7, 20, 22_026, 22_026,
  ]);
  expect(delayAfter(1, 30)).toBe(30);
});

test('a gate closes after three failures in a row, longer each time, and opens with a success', () => {
  let now = 0;
  const gate = createGate(() => now);
  gate.failed();
  gate.failed();
  expect(gate.closedFor()).toBe(0);
  gate.failed();
  expect(gate.closedFor()).toBe(5);
  // Others that were on their way already change nothing.
  gate.failed();
  expect(gate.closedFor()).toBe(5);
  now += 5_000;
  gate.failed();
  expect(gate.closedFor()).toBe(10);
  for (let round = 0; round < 20; round += 1) {
    now += gate.closedFor() * 1_000;
    gate.failed();
  }
  expect(gate.closedFor()).toBe(300);
  gate.passed();
  expect(gate.closedFor()).toBe(0);
  gate.failed(17);
  expect(gate.closedFor()).toBe(17);
});

test.each([
  [
    '24h,2h',
    [
      ['24h', 1_440],
      ['2h', 120],
    ],
  ],
  [' 90m ', [['90m', 90]]],
  ['24h, 24h', [['24h', 1_440]]],
  ['off', []],
] as const)('REMINDERS=%s', (text, leads) => {
  expect(parseReminders(text)).toEqual(leads.map(([name, minutes]) => ({ name, minutes })));
});
test.each(['', '24', '0h', '2d', '24h,', 'h', '-2h'])('REMINDERS=%s is refused', (text) => {
  expect(parseReminders(text)).toBeUndefined();
});
