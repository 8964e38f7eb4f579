import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/db/client.ts';
import { boundsFor, OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { findFirst } from '../../src/modules/waitlist/offers.repository.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { planModes, planOf, sentBy } from '../helpers/plans.ts';
import { insertPeople, insertSlots } from '../helpers/rows.ts';

/** How long a waiting list may be: 10,000 who wait for the doctor by name, 10,000 for anyone of the specialization. */
const WAITING = 20_000;

let db: Db;
let close: () => Promise<void>;
let doctor = 0;
let timeslot = 0;
beforeAll(async () => {
  ({ db, close } = await testDatabase());
  unhurried(db);
  [doctor = 0] = await insertPeople(db, 'doctor', 1);
  [timeslot = 0] = await insertSlots(db, doctor, 50);
  const patients = await insertPeople(db, 'patient', WAITING);
  await db.$client.query(
    `insert into waitlist_entries (patient_id, doctor_id, specialization, "from", "to", created_at)
     select id, case when place % 2 = 0 then $2::int end, case when place % 2 = 1 then 'terapevt' end,
       '2026-01-01', '2026-12-31', timestamptz '2026-01-01' + place * interval '1 minute'
     from unnest($1::int[]) with ordinality as person (id, place)`,
    [patients, doctor],
  );
  await db.$client.query('analyze');
});
afterAll(() => close());

test.each(planModes)(
  'of 20,000 who wait the first is found without reading the others (%s)',
  async (mode) => {
    const slot = {
      id: timeslot,
      doctor,
      branch: 1,
      specialization: 'Terapevt',
      date: '2026-06-01',
      start_time: '08:00',
      end_time: '08:10',
      held_until: null,
      offer_after: null,
      is_bookable: true,
    };
    let first: Awaited<ReturnType<typeof findFirst>>;
    const [sent] = await sentBy(db, async () => {
      first = await findFirst(db as unknown as Tx, slot, boundsFor('patient', OPEN_POLICY, testClock()));
    });
    const { rows } = await db.$client.query<{ entry: number }>(
      'select id as entry from waitlist_entries order by created_at limit 1',
    );
    expect(first?.entry).toBe(rows[0]?.entry);
    const plan = sent && (await planOf(db, sent, mode));
    process.stdout.write(`${mode}: ${plan?.rows} rows, ${plan?.buffers} buffers, ${plan?.milliseconds} ms\n`);
    expect(plan?.rows).toBeLessThan(300);
  },
);
