import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { personalData } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { addChild, joins } from './family.ts';

/** What becomes of dependants, and of what is held of them, when a guardian takes their data or is erased. */
let clinic: TestApp;
let parent: Person;
let child: number;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());
beforeEach(async () => {
  parent = await clinic.person('patient', { first_name: 'Aziza' });
  child = await addChild(clinic, parent, { accept_terms: true });
});

const freshDay = freshDays();
const as = (person: Person) => clinic.as(person);
const query = async (text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query(text, values)).rows;
const erase = (person: Person) => as(person).delete('/auth/me/', { password: PASSWORD }).expect(204);
const isErased = async (person: number) =>
  (await query('select deleted_at is not null as gone, first_name from users where id = $1', [person]))[0];
async function visit(patient = child): Promise<number> {
  const timeslot = await clinic.slot(await clinic.person('doctor'), { date: freshDay() });
  return (await as(parent).post('/appointments/', { timeslot, patient }).expect(201)).body.id;
}

describe('erasing a guardian', () => {
  test('erases a child whom nobody else looks after, who had no visit and is in no record of the desk', async () => {
    const { rows } = await clinic.db.$client.query(
      `insert into waitlist_entries (patient_id, specialization, "from", "to") values ($1, 'Pediatr', '2026-04-01', '2026-04-02') returning id`,
      [child],
    );
    await erase(parent);
    expect(await isErased(child)).toEqual({ gone: true, first_name: null });
    expect(await query('select date_of_birth, gender from patient_profiles where id = $1', [child])).toEqual([
      { date_of_birth: null, gender: null },
    ]);
    expect(await query('select from waitlist_entries where id = $1', [rows[0].id])).toEqual([]);
    expect(await query('select from guardianships where $1 in (guardian_id, dependant_id)', [child])).toEqual(
      [],
    );
    const entries = await query(
      "select actor_id from audit_entries where subject_id = $1 and action = 'user.erase'",
      [child],
    );
    expect(entries).toEqual([{ actor_id: parent.id }]);
  });

  test('leaves a child with a visit, with its visit, as a patient without a sign-in', async () => {
    const id = await visit();
    await erase(parent);
    expect(await isErased(child)).toEqual({ gone: false, first_name: 'Madina' });
    expect(await query('select status from appointments where id = $1', [id])).toEqual([
      { status: 'pending' },
    ]);
    expect(await query('select from guardianships where dependant_id = $1', [child])).toEqual([]);
  });

  test('leaves a child of whom the desk has a record, and one who has another guardian', async () => {
    await query('update patient_profiles set is_from_desk = true where id = $1', [child]);
    const other = await clinic.person('patient');
    const shared = await addChild(clinic, parent);
    await joins(clinic, parent, shared, other);
    await erase(parent);
    expect(await isErased(child)).toMatchObject({ gone: false });
    expect(await isErased(shared)).toMatchObject({ gone: false });
    await as(other).get(`/patient/dependants/${shared}/`).expect(200);
    await erase(other);
    expect(await isErased(shared)).toMatchObject({ gone: true });
  });

  test('leaves whoever has grown up meanwhile: they look after themselves', async () => {
    await query("update patient_profiles set date_of_birth = '2008-03-02' where id = $1", [child]);
    await erase(parent);
    expect(await isErased(child)).toMatchObject({ gone: false });
  });

  test('by an admin does the same', async () => {
    const admin = await clinic.person('admin');
    await as(admin).delete(`/users/${parent.id}/`, { password: PASSWORD }).expect(204);
    expect(await isErased(child)).toMatchObject({ gone: true });
  });
});

describe('a guardian’s export', () => {
  const exported = async (person: Person) => {
    const { body } = await as(person).get('/auth/me/export/').expect(200);
    expect(body).toEqual(personalData.parse(body));
    return body;
  };

  test('holds what is held of the dependants, without their user names', async () => {
    const id = await visit();
    const { dependants } = await exported(parent);
    expect(dependants).toEqual([
      {
        relationship: 'parent',
        tied_at: expect.any(String),
        user: expect.objectContaining({ id: child, username: null, first_name: 'Madina' }),
        patient_profile: { id: child, date_of_birth: '2019-08-20', gender: 'female' },
        consents: expect.arrayContaining([expect.objectContaining({ document: 'terms' })]),
        appointments_as_patient: [expect.objectContaining({ id, booked_by: parent.id })],
        appointment_history: [],
        waiting_list: [],
        holds: [],
        access_log: expect.any(Array),
      },
    ]);
    const entries = await query(
      "select action from audit_entries where subject_id = $1 and action = 'user.export'",
      [child],
    );
    expect(entries).toHaveLength(1);
  });

  test('holds the slots that are kept for a dependant', async () => {
    const timeslot = await clinic.slot(await clinic.person('doctor'), { date: freshDay() });
    await as(parent).post(`/timeslots/${timeslot}/hold/`, { patient: child }).expect(200);
    const { dependants, holds } = await exported(parent);
    expect([dependants[0].holds, holds]).toEqual([[expect.objectContaining({ timeslot })], []]);
  });

  test('holds nobody who looks after nobody, and nobody else’s children', async () => {
    const other = await clinic.person('patient');
    expect((await exported(other)).dependants).toEqual([]);
    await joins(clinic, parent, child, other);
    expect((await exported(other)).dependants).toHaveLength(1);
  });
});
