import { expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { createAlternatives } from '../../src/modules/availability/alternatives.service.ts';
import { boundsFor, OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { testClock } from '../helpers/clock.ts';

test('what is found for the desk, which may have a slot that runs, is not told to a patient', async () => {
  const searches: unknown[][] = [];
  const query = async ({ name, values }: { name: string; values: unknown[] }) => {
    if (name === 'availability.alternatives') searches.push(values);
    return { rows: [] };
  };
  const kept = new Map<string, unknown>();
  const recall = async (_topic: string, key: string, _holds: unknown, load: () => Promise<unknown>) => {
    if (!kept.has(key)) kept.set(key, await load());
    return kept.get(key);
  };
  const clock = testClock();
  const alternatives = createAlternatives({
    db: { $client: { query } } as unknown as Db,
    clock,
    settings: { policy: () => OPEN_POLICY },
    memory: { recall } as never,
  });
  const place = { doctor: 1, date: '2026-03-10', start_time: '10:00' };
  for (const role of ['receptionist', 'patient', 'patient'] as const)
    await alternatives.insteadOf(place, { timeslot: 1, patient: 2 }, boundsFor(role, OPEN_POLICY, clock));
  expect(searches).toHaveLength(2);
});
