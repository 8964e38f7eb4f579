import { expect, test } from 'vitest';
import { instantOf } from '../../src/db/schema/types.ts';

test.each([
  ['2026-03-01 04:00:00+00', '2026-03-01T04:00:00.000Z'],
  ['2026-03-01 04:00:00.5+00', '2026-03-01T04:00:00.500Z'],
  ['2026-03-01 04:00:00.123456+00', '2026-03-01T04:00:00.123Z'],
  ['2026-03-01 04:00:00.999999+00', '2026-03-01T04:00:00.999Z'],
  // Of another session's time zone.
  ['2026-03-01 09:00:00+05', '2026-03-01T04:00:00.000Z'],
  ['2026-03-01 09:30:00.25+05:30', '2026-03-01T04:00:00.250Z'],
])('%s is %s', (text, instant) => {
  expect(instantOf(text)).toBe(instant);
  expect(new Date(text).toISOString()).toBe(instant);
});
