import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNELS } from '../helpers/accounts.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { keepStatistics, planModes, ranDuring } from '../helpers/plans.ts';

/**
 * What the desk reads where a clinic has just brought all of its patients along, and the server has not looked through its tables
 * since. Nobody who is registered or shown may be looked for among all patients again for each of them.
 */
const PATIENTS = 1000;

/** Half of them children, each looked after by somebody else; a third has Telegram. */
const IMPORT = `
  with patient as (
    insert into users (username, role, first_name, last_name, phone)
    select '~desk-' || n, 'patient', 'Aziz', 'Oʻtkirov', '+99890' || (1000000 + n) from generate_series(1, ${PATIENTS}) n
    returning id
  ), profile as (
    insert into patient_profiles (id, date_of_birth, is_from_desk)
    select id, case when id % 2 = 0 then date '1950-01-01' else date '2020-01-01' end + id, true from patient
  ), chat as (
    insert into telegram_chats (user_id, chat_id) select id, id::text from patient where id % 3 = 0
  )
  insert into guardianships (guardian_id, dependant_id, relationship, created_by)
  select g.id, c.id, 'parent', g.id from patient g join patient c on c.id = g.id + 1 where g.id % 2 = 0`;

describe.each([
  { seen: 'nobody', learn: '' },
  { seen: 'one of each role', learn: 'analyze' },
])(`with ${PATIENTS} patients, the server having seen $seen`, ({ learn }) => {
  let clinic: TestApp;
  let admin: Person;
  beforeAll(async () => {
    const telegram = { token: '7654321:only-for-tests', api_url: 'http://127.0.0.1:1' };
    clinic = await testApp({ pool_max: 1, unhurried: true, config: { channels: { ...CHANNELS, telegram } } });
    admin = await clinic.person('admin');
    await clinic.person('doctor');
    await clinic.person('patient');
    await keepStatistics(clinic.db.$client);
    await clinic.db.$client.query(learn);
    await clinic.db.$client.query(IMPORT);
  });
  afterAll(() => clinic.close());

  const known = {
    first_name: 'Aziz',
    last_name: 'Otkirov',
    phone: '+998901000500',
    date_of_birth: '1950-01-11',
  };
  const asks = {
    'registering somebody who may be known': () => clinic.as(admin).post('/patients/', known).expect(409),
    'a page of patients, and whom of them messages reach': () =>
      clinic.as(admin).get('/patients/?search=aziz&page_size=100').expect(200),
  };
  test.each(Object.entries(asks).flatMap(([what, ask]) => planModes.map((mode) => ({ what, ask, mode }))))(
    '$what ($mode)',
    async ({ ask, mode }) => {
      const ran = await ranDuring(clinic.db, mode, ask);
      // Of a few pages a table is read as it stands: by pages that is no dearer than by an index.
      expect(Math.max(...ran.map(({ buffers }) => buffers))).toBeLessThanOrEqual(3 * PATIENTS);
    },
  );
});
