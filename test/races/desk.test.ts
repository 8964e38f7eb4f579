import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { insertClaimCode } from '../helpers/codes.ts';
import {
  type Arena,
  arena,
  atOnce,
  dayOf,
  drag,
  type Member,
  outcome,
  provesErasedAreGone,
  provesRules,
  rounds,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admins: [Member, Member];
let clerks: [Member, Member];
let doctors: [Member, Member];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.002);
  admins = (await clinic.crowd('admin', 2)) as [Member, Member];
  clerks = (await clinic.crowd('receptionist', 2)) as [Member, Member];
  doctors = (await clinic.crowd('doctor', 2)) as [Member, Member];
});
afterAll(() => clinic.close());
afterEach(async () => {
  await provesRules(clinic.db);
  await provesErasedAreGone(clinic);
});

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;

/** Records without a sign-in, made in one statement. */
async function records(count: number, phone: string | null = null): Promise<number[]> {
  const rows = await query<{ id: number }>(
    `with made as (
       insert into users (username, role, first_name, phone)
       select '~' || gen_random_uuid(), 'patient', 'Bemor', $2 from generate_series(1, $1::integer) returning id
     ), profile as (
       insert into patient_profiles (id, date_of_birth, is_from_desk) select id, '1971-08-09', true from made
     ) select id from made order by id`,
    [count, phone],
  );
  return rows.map(({ id }) => id);
}
const merge = (from: number, into: number, at?: number) =>
  clinic.ask(admins[0], 'POST', `/patients/${from}/merge/`, { into }, at);
const bookFor = (patient: number, timeslot: number, at?: number) =>
  clinic.ask(admins[1], 'POST', '/appointments/', { timeslot, patient }, at);
/** The active visits of a record, and how many there are of any status. */
const visitsOf = (patient: number) =>
  query<{ id: number }>(
    "select id from appointments where patient_id = $1 and status in ('pending', 'confirmed')",
    [patient],
  );

test('a merge against a booking of either record: every visit that was booked is the record’s that stays', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from = 0, into = 0] = await records(2);
    const date = dayOf(round);
    const [first, second] = await Promise.all([
      clinic.publish(doctors[0], date, '10:00', '10:30'),
      clinic.publish(doctors[1], date, '11:00', '11:30'),
    ]);
    const [merged, of_from, of_into] = await atOnce(
      round,
      (at) => merge(from, into, at),
      (at) => bookFor(from, first, at),
      (at) => bookFor(into, second, at),
    );
    expect(outcome(merged)).toBe('200');
    expect(outcome(of_into)).toBe('201');
    expect(['201', '404 patient_not_found']).toContain(outcome(of_from));
    seen.add(outcome(of_from));
    expect(await visitsOf(from)).toEqual([]);
    expect(await visitsOf(into)).toHaveLength(of_from.status === 201 ? 2 : 1);
    await provesRules(clinic.db);
  }
  expect([...seen].sort()).toEqual(['201', '404 patient_not_found']);
});

test('a merge against two bookings at one time, one of each record: nobody is in two places', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from = 0, into = 0] = await records(2);
    const date = dayOf(round);
    const [first, second] = await Promise.all([
      clinic.publish(doctors[0], date, '14:00', '14:30'),
      clinic.publish(doctors[1], date, '14:15', '14:45'),
    ]);
    const [merged, of_from, of_into] = await atOnce(
      round,
      (at) => merge(from, into, at),
      (at) => bookFor(from, first, at),
      (at) => bookFor(into, second, at),
    );
    expect(['200', '409 visits_overlap']).toContain(outcome(merged));
    const booked = [of_from, of_into].filter(({ status }) => status === 201).length;
    if (merged.status === 200) expect(booked).toBe(1);
    else expect(booked).toBe(2);
    expect((await visitsOf(from)).length + (await visitsOf(into)).length).toBe(booked);
    await provesRules(clinic.db);
  }
});

test('a merge against a move of a visit of either: the visit is where it was moved to, or the merge is refused', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from = 0, into = 0] = await records(2);
    const date = dayOf(round);
    const [first, second, target] = await Promise.all([
      clinic.publish(doctors[0], date, '16:00', '16:30'),
      clinic.publish(doctors[1], date, '16:45', '17:15'),
      clinic.publish(doctors[1], date, '16:15', '16:45'),
    ]);
    await bookFor(from, first);
    const visit = (await bookFor(into, second)).body.id ?? 0;
    const [merged, moved] = await atOnce(
      round,
      (at) => merge(from, into, at),
      (at) => clinic.ask(admins[1], 'POST', `/appointments/${visit}/reschedule/`, { timeslot: target }, at),
    );
    expect(['200', '409 visits_overlap']).toContain(outcome(merged));
    expect(['200', '409 patient_busy']).toContain(outcome(moved));
    // Both would put one person into two places.
    expect([merged.status, moved.status].filter((status) => status === 200)).toHaveLength(1);
    await provesRules(clinic.db);
  }
});

test('two clerks who register one person at once: one record, one warning that shows it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const born = new Date(Date.parse('1950-01-01') + round * 86_400_000).toISOString().slice(0, 10);
    const person = { first_name: 'Dilbar', last_name: 'Sobirova', date_of_birth: born };
    const phone = `+99893${1_000_000 + round}`;
    // They agree in the phone, in the birthday, or in both.
    const [first, second] = [
      [
        { ...person, phone },
        { first_name: 'Diloram', last_name: 'Toirova', phone },
      ],
      [
        { ...person, phone },
        { ...person, first_name: 'Дилбар' },
      ],
      [
        { ...person, phone },
        { ...person, phone },
      ],
    ][round % 3] as [object, object];
    const answers = await atOnce(
      round,
      (at) => clinic.ask(clerks[0], 'POST', '/patients/', first, at),
      (at) => clinic.ask(clerks[1], 'POST', '/patients/', second, at),
    );
    expect(answers.map(outcome).sort()).toEqual(['201', '409 patient_may_exist']);
    const made = answers.find(({ status }) => status === 201)?.body.id;
    const warned = answers.find(({ status }) => status === 409)?.body as { candidates?: { id: number }[] };
    expect(warned.candidates?.map(({ id }) => id)).toEqual([made]);
  }
});

/** A code by which a record can be claimed. */
async function codeFor(record: number, phone: string): Promise<string> {
  const code = '402915';
  await insertClaimCode(clinic, { record, phone, code });
  return code;
}
const claim = (phone: string, code: string, username: string, at?: number) =>
  clinic.ask(
    undefined,
    'POST',
    '/auth/claim/confirm/',
    { phone, code, date_of_birth: '1971-08-09', username, password: 'eleven-apricot-trees' },
    at,
  );

test('two claims of one record: one gets it, and the record has one sign-in', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const phone = `+99894${1_000_000 + round}`;
    const [record = 0] = await records(1, phone);
    const code = await codeFor(record, phone);
    const names = [`first.of.${round}`, `second.of.${round}`] as const;
    const answers = await atOnce(
      round,
      (at) => claim(phone, code, names[0], at),
      (at) => claim(phone, code, names[1], at),
    );
    expect(answers.map(outcome).sort()).toEqual(['204', '400 invalid_code']);
    const winner = names[answers.findIndex(({ status }) => status === 204)];
    expect(await query('select username from users where id = $1', [record])).toEqual([{ username: winner }]);
  }
});

test('a claim against a merge of the record: it is claimed and its sign-in goes over, or there is nothing to claim', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const phone = `+99895${1_000_000 + round}`;
    const [record = 0] = await records(1, phone);
    const [into = 0] = await records(1);
    const code = await codeFor(record, phone);
    const username = `claimed.of.${round}`;
    const [claimed, merged] = await atOnce(
      round,
      (at) => claim(phone, code, username, at),
      (at) => merge(record, into, at),
    );
    expect(outcome(merged)).toBe('200');
    expect(['204', '400 invalid_code']).toContain(outcome(claimed));
    const rows = await query(
      'select username, merged_into, deleted_at is not null as gone from users where id = $1',
      [record],
    );
    expect(rows).toEqual([{ username: `erased#${record}`, merged_into: into, gone: true }]);
    const [stays] = await query<{ username: string; phone: string }>(
      'select username, phone from users where id = $1',
      [into],
    );
    expect(stays).toEqual({
      phone,
      username: claimed.status === 204 ? username : expect.stringMatching(/^~/),
    });
  }
});

test('two merges of two records into one another: one of them is left', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one = 0, other = 0] = await records(2);
    const answers = await atOnce(
      round,
      (at) => merge(one, other, at),
      (at) => merge(other, one, at),
    );
    expect(answers.map(outcome).sort()).toEqual(['200', '404 patient_not_found']);
    const rows = await query('select from users where id = any ($1) and deleted_at is null', [[one, other]]);
    expect(rows).toHaveLength(1);
  }
});
