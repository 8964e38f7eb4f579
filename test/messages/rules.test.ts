import { describe, expect, test } from 'vitest';
import { type Channel, parseReminders } from '../../src/core/messages.ts';
import { createGate } from '../../src/modules/messages/channels/gate.ts';
import {
  channelsFor,
  delayAfter,
  outdated,
  quietUntil,
  type Recipient,
} from '../../src/modules/messages/messages.rules.ts';
import { testClock } from '../helpers/clock.ts';

const person: Recipient = {
  email_verified: true,
  phone_verified: true,
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
    ['then by email', 'booked', { telegram_linked: false, phone_verified: false }, all, ['email']],
    ['what is not set up is left out', 'booked', {}, new Set<Channel>(['email']), ['email']],
    [
      'unproved addresses are not used',
      'reminder',
      { telegram_linked: false, phone_verified: false, email_verified: false },
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
      { channels: { reminder: ['sms'] }, phone_verified: false },
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

  test('codes pass, and cancellations of the same day or of the next morning', () => {
    expect(quiet('2030-03-04T23:00', 'code')).toBeUndefined();
    expect(quiet('2030-03-05T06:00', 'cancelled')).toBeUndefined();
    expect(quiet('2030-03-05T06:00', 'declined')).toBeUndefined();
    expect(
      quiet('2030-03-04T23:00', 'cancelled', { date: '2030-03-05', start_time: '09:59' }),
    ).toBeUndefined();
    expect(quiet('2030-03-04T23:00', 'cancelled')).toBe('2030-03-05T03:00:00.000Z');
    expect(quiet('2030-03-05T06:00', 'reminder')).toBe('2030-03-05T03:00:00.000Z');
  });

  test('other hours, within a day, none, and off', () => {
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

  test('where clocks change in the night, until the wall shows the end', () => {
    const berlin = testClock('2026-03-28T22:30:00Z', 'Europe/Berlin');
    expect(quietUntil('booked', null, person, berlin)?.toISOString()).toBe('2026-03-29T06:00:00.000Z');
    const autumn = testClock('2026-10-24T21:30:00Z', 'Europe/Berlin');
    expect(quietUntil('booked', null, person, autumn)?.toISOString()).toBe('2026-10-25T07:00:00.000Z');
  });
});

test('the clock’s instants of wall times, where clocks change too', () => {
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

test('what is no longer worth sending', () => {
  const clock = testClock('2030-03-05T05:00:00Z');
  const sent = (
    kind: 'code' | 'booked' | 'reminder' | 'cancelled' | 'declined',
    created_at = '2030-03-05T04:55:00.000Z',
  ) => ({ kind, created_at });
  const visit = { date: '2030-03-05', start_time: '10:01', status: 'pending' };
  expect(outdated(sent('code'), null, clock)).toBeUndefined();
  expect(outdated(sent('code', '2030-03-05T04:54:59.999Z'), null, clock)).toBe('expired');
  expect(outdated(sent('booked'), visit, clock)).toBeUndefined();
  expect(outdated(sent('booked'), { ...visit, start_time: '10:00' }, clock)).toBe('visit_begun');
  expect(outdated(sent('reminder'), { ...visit, status: 'cancelled' }, clock)).toBe('visit_cancelled');
  expect(outdated(sent('cancelled'), { ...visit, status: 'cancelled' }, clock)).toBeUndefined();
  expect(outdated(sent('declined'), { ...visit, status: 'cancelled' }, clock)).toBeUndefined();
});

test('attempts grow apart as graphile-worker’s do, and a provider’s wish counts', () => {
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
  ['off', []],
] as const)('REMINDERS=%s', (text, leads) => {
  expect(parseReminders(text)).toEqual(leads.map(([name, minutes]) => ({ name, minutes })));
});
test.each(['', '24', '0h', '2d', '24h,', 'h', '-2h'])('REMINDERS=%s is refused', (text) => {
  expect(parseReminders(text)).toBeUndefined();
});
