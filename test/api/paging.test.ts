import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import {
  insertAccesses,
  insertPeople,
  insertSessions,
  insertSlots,
  insertTold,
  insertVisits,
} from '../helpers/rows.ts';
import { operationsOf, writtenOut } from '../openapi/documented.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;

/** Beyond what is counted. */
const MANY = 10_050;

/** Every list of the API, whom it is shown to, and a filter that all rows of this test's clinic pass. */
const lists = [
  ['/users/', 'admin', 'search=bulk'],
  ['/doctors/', 'patient', 'specialization=terapevt'],
  ['/doctors/{doctor}/timeslots/', 'patient', 'from=2026-06-01'],
  ['/timeslots/', 'doctor', 'is_available=true'],
  ['/waitlist/', 'patient', 'status=left'],
  ['/waitlist/', 'admin', 'status=left'],
  ['/holidays/', 'patient', 'from=2026-06-01'],
  ['/branches/', 'patient', ''],
  ['/rooms/', 'doctor', 'kind=bulk&branch=1'],
  ['/services/', 'admin', ''],
  ['/absences/', 'doctor', 'to=9999-12-31'],
  ['/absences/', 'admin', 'from=2026-06-01'],
  ['/appointments/', 'admin', 'status=cancelled'],
  ['/appointments/me/', 'patient', 'status=cancelled'],
  ['/appointments/me/', 'doctor', 'to=9999-12-31'],
  ['/appointments/me/', 'admin', 'from=2026-06-01'],
  ['/auth/sessions/', 'doctor', ''],
  ['/auth/me/access-log/', 'doctor', ''],
  ['/notifications/', 'doctor', 'unread=true'],
  ['/messages/', 'admin', 'channel=sms&status=sent'],
  ['/specializations/', 'patient', ''],
  ['/api-keys/', 'admin', ''],
  // The endpoint has the doctor's id.
  ['/webhooks/{doctor}/deliveries/', 'admin', 'status=delivered'],
  // Looking at it is noted too, as another action.
  ['/audit/', 'admin', 'action=bulk.read'],
] as const;

beforeAll(async () => {
  clinic = await testApp();
  const [admin, doctor, patient] = [
    await clinic.person('admin'),
    await clinic.person('doctor'),
    await clinic.person('patient'),
  ];
  people = { admin, doctor, patient };
  await insertPeople(clinic.db, 'doctor', MANY);
  await insertSlots(clinic.db, doctor.id, MANY);
  await clinic.db.$client.query(
    `with days as (insert into holidays (date) select date '2100-01-01' + n from generate_series(1, $2::int) n)
     insert into absences (doctor_id, "from", "to", created_by)
     select $1, date '2026-06-01' + n, date '2026-06-01' + n, $1 from generate_series(1, $2::int) n`,
    [doctor.id, MANY],
  );
  await clinic.db.$client.query(
    `insert into waitlist_entries (patient_id, doctor_id, "from", "to", status)
     select $1, $2, date '2026-06-01' + n, date '2026-06-01' + n, 'left' from generate_series(1, $3::int) n`,
    [patient.id, doctor.id, MANY],
  );
  const visit = { doctor: doctor.id, patient: patient.id, booked_by: admin.id };
  await insertVisits(clinic.db, visit, MANY);
  await clinic.db.$client.query(`
    insert into branches (name, is_active) select 'Bulk ' || n, false from generate_series(1, ${MANY}) n;
    insert into rooms (branch_id, name, kind) select 1, 'Bulk ' || n, 'bulk' from generate_series(1, ${MANY}) n;
    insert into services (name, duration_minutes)
      select jsonb_build_object('uz', n::text, 'ru', n::text, 'en', n::text), 30 from generate_series(1, ${MANY}) n`);
  await clinic.db.$client.query(
    `insert into specializations (name) select 'Number ' || n from generate_series(1, ${MANY}) n`,
  );
  await clinic.db.$client.query(
    `with keepers as (
       insert into users (username, password_hash, role, last_name)
       select 'key.' || n, 'x', 'receptionist', 'Key' from generate_series(1, $2::int) n
       returning id
     )
     insert into api_keys (name, user_id, key_hash, key_end, scopes, created_by)
     select 'Website', id, sha256(id::text::bytea), 'x7Qd', array['slots:read'], $1 from keepers`,
    [admin.id, MANY],
  );
  await clinic.db.$client.query(
    `with endpoint as (
       insert into webhook_endpoints (id, url, created_by) overriding system value
       values ($1, 'https://crm.example/hooks', $2)
       returning id
     )
     insert into webhook_deliveries (endpoint_id, message_id, type, body, status)
     select id, 'evt_' || n, 'holiday.added', '{}', 'delivered' from endpoint, generate_series(1, $3::int) n`,
    [doctor.id, admin.id, MANY],
  );
  await insertSessions(clinic.db, doctor.id, MANY);
  await insertTold(clinic.db, doctor.id, MANY);
  await insertAccesses(clinic.db, { actor: admin.id, subject: doctor.id }, MANY);
  // As autovacuum does by itself: of tables that have just been filled the planner knows nothing.
  await clinic.db.$client.query('analyze');
});
afterAll(() => clinic.close());

test('no list is missing here', async () => {
  const { body } = await clinic.as(undefined).get('/schema/').expect(200);
  const paged = operationsOf(writtenOut(body))
    .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'page'))
    .map(({ path }) => path.slice('/api'.length).replace('{id}', '{doctor}'));
  // These count and turn pages in their own ways: test/scheduling/search.test.ts, test/desk/patients.test.ts. The last is the
  // doctor's own appointments, narrowed to one patient: test/scheduling/follow-ups.test.ts.
  const others = ['/timeslots/search/', '/patients/', '/doctor/patients/{doctor}/appointments/'];
  const known = new Set<string>([...lists.map(([path]) => path), ...others]);
  expect(paged.sort()).toEqual([...known].sort());
});

const url = (path: string, ...query: string[]) =>
  `${path.replace('{doctor}', String(people.doctor.id))}?${query.filter(Boolean).join('&')}`;
const ask = (path: string, caller: keyof typeof people, ...query: string[]) =>
  clinic.as(people[caller]).get(url(path, ...query));
const idsOf = (body: { results: { id: number }[] }) => body.results.map(({ id }) => id);

describe.each(lists)('GET %s as %s', (path, caller, filter) => {
  test('count is capped, the page is not', async () => {
    const { body } = await ask(path, caller, filter).expect(200);
    expect(body).toEqual({
      count: 10_000,
      next: expect.any(String),
      previous: null,
      results: expect.any(Array),
    });
    expect(body.results).toHaveLength(20);
    const beyond = await ask(path, caller, filter, 'page=101&page_size=100').expect(200);
    expect(beyond.body.count).toBe(10_000);
    expect(beyond.body.results.length).toBeGreaterThanOrEqual(50);
  });

  test('a page past the end is an empty list that still tells the count', async () => {
    const { body } = await ask(path, caller, filter, 'page=102&page_size=100').expect(200);
    expect(body).toEqual({ count: 10_000, next: null, previous: expect.any(String), results: [] });
  });

  test('next and previous are whole URLs that keep every filter', async () => {
    const { body } = await ask(path, caller, filter, 'page_size=7&page=2')
      .set('host', 'clinic.uz:8080')
      .expect(200);
    const expected = (page: number) =>
      `http://clinic.uz:8080/api${url(path, filter, `page_size=7&page=${page}`)}`;
    expect(body.next).toBe(expected(3));
    expect(body.previous).toBe(expected(1));
  });

  test('following next and previous shows every row once, in one order', async () => {
    const whole = await ask(path, caller, filter, 'page_size=15').expect(200);
    const seen: number[] = [];
    let next: string | null = `/api${url(path, filter, 'page_size=5')}`;
    while (next && seen.length < 15) {
      const { pathname, search } = new URL(next, 'http://any');
      const page = await clinic.as(people[caller]).get(`${pathname.slice('/api'.length)}${search}`);
      seen.push(...idsOf(page.body));
      next = page.body.next;
    }
    expect(seen).toEqual(idsOf(whole.body));
  });

  test('the last page has no next', async () => {
    const last = await ask(path, caller, filter, 'page_size=100&page=101').expect(200);
    expect(last.body.next).toBeNull();
    // Page 10,000 is the last that can be asked for: a link to the one after it would be refused.
    const furthest = await ask(path, caller, filter, 'page_size=1&page=10000').expect(200);
    expect(furthest.body.results).toHaveLength(1);
    expect(furthest.body.next).toBeNull();
  });

  test.each([
    ['page=0', 'page too_small'],
    ['page=-1', 'page too_small'],
    ['page=10001', 'page too_big'],
    ['page=1.5', 'page invalid_type'],
    ['page=one', 'page invalid_type'],
    ['page=1.0', 'page invalid_type'],
    ['page=%2B1', 'page invalid_type'],
    ['page=%201', 'page invalid_type'],
    ['page=0x1', 'page invalid_type'],
    ['page=01', 'page invalid_type'],
    [`page_size=${'9'.repeat(400)}`, 'page_size too_big'],
    ['page=1&page=2', 'page invalid_type'],
    ['page_size=0', 'page_size too_small'],
    ['page_size=101', 'page_size too_big'],
    ['page_size=', 'page_size invalid_type'],
    ['page_size=1e99', 'page_size invalid_type'],
    ['page_size=1e999', 'page_size invalid_type'],
  ])('refuses ?%s', async (query, field) => {
    expectProblem(await ask(path, caller, query), 'invalid_input', { fields: [field] });
  });

  test('takes page_size 1 and 100', async () => {
    expect((await ask(path, caller, filter, 'page_size=1').expect(200)).body.results).toHaveLength(1);
    expect((await ask(path, caller, filter, 'page_size=100').expect(200)).body.results).toHaveLength(100);
  });
});

test('behind a proxy that it trusts, links name the address the client used', async () => {
  const proxied = await testApp({ config: { trust_proxy: ['127.0.0.1'] } });
  try {
    const admin = await proxied.person('admin');
    await proxied.person('patient');
    const answer = await proxied
      .as(admin)
      .get('/users/?page_size=1')
      .set({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'clinic.uz' });
    expect(answer.body.next).toBe('https://clinic.uz/api/users/?page_size=1&page=2');
    const direct = await clinic
      .as(people.admin)
      .get('/users/?page_size=1')
      .set({ host: 'clinic.uz', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'elsewhere.example' });
    expect(direct.body.next).toBe('http://clinic.uz/api/users/?page_size=1&page=2');
  } finally {
    await proxied.close();
  }
});

test('a Host header that is no host is the client’s error, not ours', async () => {
  for (const host of ['a b c', 'a[b', '%'])
    expectProblem(await ask('/users/', 'admin', 'page_size=1').set('host', host), 'malformed_request');
});
