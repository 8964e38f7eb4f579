import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { createSettings } from '../../src/modules/settings/index.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { PATIENT_LIMITS } from '../helpers/database.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { type Relay, relayTo } from '../helpers/relay.ts';

const OPEN = {
  min_notice_minutes: 0,
  horizon_days: null,
  cancel_deadline_minutes: 0,
  late_cancellation: 'record',
  active_appointments_max: null,
  hold_minutes: 5,
  offer_minutes: 15,
  auto_confirm: false,
  move_between_doctors: false,
  service_required: false,
};

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const freshDay = freshDays();

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
});
afterAll(() => clinic.close());
beforeEach(async () => {
  await clinic.db.$client.query('truncate clinic_settings');
});

const as = (who: keyof typeof people) => clinic.as(people[who]);
const patch = (changes: object) => as('admin').patch('/settings/', changes);

test('nothing is asked for until somebody says so, whether or not the row is there', async () => {
  expect((await as('admin').get('/settings/').expect(200)).body).toEqual(OPEN);
  await clinic.db.$client.query('insert into clinic_settings default values');
  expect((await as('admin').get('/settings/').expect(200)).body).toEqual(OPEN);
});

test('a change stays, whatever else is changed, and null takes the default again', async () => {
  const first = { min_notice_minutes: 60, horizon_days: 90, hold_minutes: 10, late_cancellation: 'refuse' };
  expect((await patch(first).expect(200)).body).toEqual({ ...OPEN, ...first });
  const second = { cancel_deadline_minutes: 1_440, active_appointments_max: 5, offer_minutes: 30 };
  expect((await patch(second).expect(200)).body).toEqual({ ...OPEN, ...first, ...second });
  const defaults = {
    hold_minutes: null,
    offer_minutes: null,
    horizon_days: null,
    active_appointments_max: null,
  };
  const left = {
    ...OPEN,
    min_notice_minutes: 60,
    late_cancellation: 'refuse',
    cancel_deadline_minutes: 1_440,
  };
  expect((await patch(defaults).expect(200)).body).toEqual(left);
  expect((await as('admin').get('/settings/').expect(200)).body).toEqual(left);
});

test('null takes the default again in every field, alone and all at once, as the document says', async () => {
  const strict = {
    min_notice_minutes: 60,
    horizon_days: 90,
    cancel_deadline_minutes: 1_440,
    late_cancellation: 'refuse',
    active_appointments_max: 5,
    hold_minutes: 10,
    offer_minutes: 30,
    auto_confirm: true,
    move_between_doctors: true,
    service_required: true,
  };
  const { body: document } = await clinic.as(undefined).get('/schema/').expect(200);
  const { properties } = document.components.schemas.PolicyChanges;
  // A field that comes later is judged as well.
  expect(Object.keys(strict).sort()).toEqual(Object.keys(OPEN).sort());
  expect(Object.keys(properties).sort()).toEqual(Object.keys(OPEN).sort());
  for (const [field, value] of Object.entries(OPEN)) {
    await patch(strict).expect(200);
    expect((await patch({ [field]: null }).expect(200)).body).toEqual({ ...strict, [field]: value });
    expect([properties[field].type].flat(), field).toContain('null');
    expect(properties[field].description, field).toContain('Null takes the default again');
  }
  await patch(strict).expect(200);
  const nothing = Object.fromEntries(Object.keys(OPEN).map((field) => [field, null]));
  expect((await patch(nothing).expect(200)).body).toEqual(OPEN);
  // Where nobody has set anything yet, too.
  await clinic.db.$client.query('truncate clinic_settings');
  expect((await patch(nothing).expect(200)).body).toEqual(OPEN);
});

test.each([
  ['min_notice_minutes', 0, 43_200],
  ['horizon_days', 1, 730],
  ['cancel_deadline_minutes', 0, 43_200],
  ['active_appointments_max', 1, 100],
  ['hold_minutes', 1, 60],
  ['offer_minutes', 1, 1_440],
])('%s goes from %i to %i, as in the table', async (name, least, most) => {
  for (const value of [least, most]) await patch({ [name]: value }).expect(200);
  expectProblem(await patch({ [name]: least - 1 }), 'invalid_input', { fields: [`${name} too_small`] });
  expectProblem(await patch({ [name]: most + 1 }), 'invalid_input', { fields: [`${name} too_big`] });
  await patch({ [name]: null }).expect(200);
  // The table itself has the same bounds.
  for (const value of [least - 1, most + 1])
    await expect(
      clinic.db.$client.query(
        `insert into clinic_settings (id, ${name}) values (1, $1)
        on conflict (id) do update set ${name} = excluded.${name}`,
        [value],
      ),
    ).rejects.toThrow(/check constraint/);
});

test('a change names something, and is noted by the names of its fields', async () => {
  expectProblem(await patch({}), 'invalid_input', { fields: [' nothing_to_change'] });
  expectProblem(await patch({ unknown: 1 }), 'unknown_field', { fields: ['unknown unknown_field'] });
  const entries = await notedBy(clinic.db, () => patch({ auto_confirm: true, hold_minutes: 7 }).expect(200));
  expect(entries).toEqual([
    entry(people.admin, 'settings.update', null, { fields: ['hold_minutes', 'auto_confirm'] }),
  ]);
  const { rows } = await clinic.db.$client.query('select updated_by, updated_at from clinic_settings');
  expect(rows).toEqual([{ updated_by: people.admin.id, updated_at: '2026-03-02T04:00:00.000Z' }]);
});

test('the process that changes it goes by it in its very answer', async () => {
  for (let round = 0; round < 20; round += 1) {
    const auto_confirm = round % 2 === 0;
    await patch({ auto_confirm }).expect(200);
    const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
    const { body } = await as('patient').post('/appointments/', { timeslot }).expect(201);
    expect(body.status).toBe(auto_confirm ? 'confirmed' : 'pending');
  }
});

test('two changes at once are both kept', async () => {
  await Promise.all(
    [{ min_notice_minutes: 15 }, { horizon_days: 30 }, { hold_minutes: 9 }, { auto_confirm: true }].map(
      (changes) => patch(changes).expect(200),
    ),
  );
  expect((await as('admin').get('/settings/')).body).toMatchObject({
    min_notice_minutes: 15,
    horizon_days: 30,
    hold_minutes: 9,
    auto_confirm: true,
  });
});

describe('another process', () => {
  let others: Db;
  let relay: Relay;
  let modules: ReturnType<typeof createModules>;
  let settings: ReturnType<typeof createSettings>;
  let statements = 0;

  beforeAll(async () => {
    others = openDatabase({ url: clinic.url, pool_max: 5, limits: PATIENT_LIMITS });
    others.$client.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      Object.assign(client, {
        query: (...args: unknown[]) => {
          statements += 1;
          return query(...args);
        },
      });
    });
    relay = await relayTo(clinic.url);
    modules = createModules({ db: others, clock: clinic.clock, config: testConfig });
    ({ settings } = modules);
    modules.follow(relay.url);
    await followsAgain();
  });
  afterAll(async () => {
    await modules.unfollow();
    await others.$client.end();
    await relay.close();
  });

  /** The policy, and what it cost. */
  async function asked() {
    const before = statements;
    const policy = await settings.policy();
    return { policy, cost: statements - before };
  }
  const followsAgain = () =>
    vi.waitFor(async () => expect((await asked()).cost).toBe(0), { timeout: 30_000, interval: 5 });

  test('hears of a change, and asks the database for nothing meanwhile', async () => {
    const delays: number[] = [];
    for (let round = 1; round <= 20; round += 1) {
      await patch({ min_notice_minutes: round }).expect(200);
      const answered = performance.now();
      for (;;) {
        const { policy, cost } = await asked();
        expect(cost).toBe(0);
        if (policy.min_notice_minutes === round) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
      delays.push(performance.now() - answered);
    }
    const sorted = delays.toSorted((a, b) => a - b);
    process.stdout.write(
      `settings: after PATCH /settings/ another process knew within ${sorted[10]?.toFixed(1)} ms (median), ` +
        `${sorted.at(-1)?.toFixed(1)} ms at most, of ${sorted.length}\n`,
    );
  });

  test('goes by its own defaults where none are set, and hears of a table that is emptied', async () => {
    await patch({ hold_minutes: 9, horizon_days: 10 }).expect(200);
    await vi.waitFor(async () => expect((await asked()).policy.hold_minutes).toBe(9), 30_000);
    await clinic.db.$client.query('truncate clinic_settings');
    await vi.waitFor(async () => expect((await asked()).policy).toEqual(OPEN), 30_000);
    const long = createSettings({
      db: others,
      clock: clinic.clock,
      audit: modules.audit,
      onHorizon: async () => {},
      hold_minutes: 8,
      offer_minutes: 60,
    });
    expect(await long.policy()).toEqual({ ...OPEN, hold_minutes: 8, offer_minutes: 60 });
  });

  test('asks each time while it has lost the link, by one statement, and hears again once it is back', async () => {
    relay.cut();
    await vi.waitFor(async () => expect((await asked()).cost).toBe(1), { timeout: 30_000 });
    await patch({ min_notice_minutes: 77 }).expect(200);
    // Not a moment's delay: it is asked for.
    expect(await asked()).toMatchObject({ policy: { min_notice_minutes: 77 }, cost: 1 });
    await patch({ min_notice_minutes: 78 }).expect(200);
    relay.mend();
    await followsAgain();
    expect(await asked()).toMatchObject({ policy: { min_notice_minutes: 78 }, cost: 0 });
    await patch({ min_notice_minutes: 79 }).expect(200);
    await vi.waitFor(
      async () => expect(await asked()).toMatchObject({ policy: { min_notice_minutes: 79 }, cost: 0 }),
      { timeout: 30_000 },
    );
  });
});

test('the defaults are settings of the process', () => {
  expect(loadConfig({})).toMatchObject({ hold_minutes: 5, offer_minutes: 15 });
  const set = loadConfig({ HOLD_MINUTES: '3', OFFER_MINUTES: '1440' });
  expect(set).toMatchObject({ hold_minutes: 3, offer_minutes: 1_440 });
  for (const wrong of [{ HOLD_MINUTES: '0' }, { HOLD_MINUTES: '61' }, { OFFER_MINUTES: '1441' }])
    expect(() => loadConfig(wrong)).toThrow(Object.keys(wrong)[0]);
});
