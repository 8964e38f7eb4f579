import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { confirm, freshPhone } from '../helpers/accounts.ts';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { START } from '../helpers/messages/world.ts';
import { addChild } from '../patients/family.ts';

/** What is told of a child to whoever looks after it is never told as their own. */

let clinic: Clinic;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let admin: Person;
let doctor: Person;
beforeAll(async () => {
  eskiz = await startEskiz();
  clinic = await createClinic({ channels: { eskiz: eskiz.settings, timeout: 5_000 } });
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
});
beforeEach(() => {
  clinic.clock.set(START);
  eskiz.taken.length = 0;
});
afterAll(async () => {
  await clinic.close();
  await eskiz.close();
});

const NIGHT = '2030-03-04T18:00:00Z';
const MORNING = '2030-03-05T03:00:00Z';

async function parent(): Promise<Person> {
  const person = await clinic.person('patient', { locale: 'en' });
  await confirm(clinic, person.id, { phone: freshPhone() });
  return person;
}
async function bookFor(guardian: Person, patient: number, date: string): Promise<number> {
  const timeslot = await clinic.slot(doctor, { date });
  return (await clinic.as(guardian).post('/appointments/', { timeslot, patient }).expect(201)).body.id;
}
const inbox = async (person: Person): Promise<{ title: string; text: string }[]> =>
  (await clinic.as(person).get('/notifications/').expect(200)).body.results;

test('a child’s two records become one: what was told of the first, and what waits, still bears its name', async () => {
  const guardian = await parent();
  const child = await addChild(clinic, guardian);
  await bookFor(guardian, child, '2030-03-20');
  await clinic.drain();
  clinic.clock.set(NIGHT);
  await bookFor(guardian, child, '2030-03-21');
  await clinic.drain();
  const twice = {
    first_name: 'Madina',
    last_name: 'Karimova',
    date_of_birth: '2019-08-20',
    confirm_new: true,
  };
  const { body: record } = await clinic.as(admin).post('/patients/', twice).expect(201);
  await clinic.as(admin).post(`/patients/${child}/merge/`, { into: record.id }).expect(200);
  const told = await inbox(guardian);
  expect(told.length).toBeGreaterThanOrEqual(2);
  for (const { title, text } of told) {
    expect(text).toContain('For Madina Karimova:');
    expect(title).toContain('(Madina Karimova)');
  }
  eskiz.taken.length = 0;
  clinic.clock.set(MORNING);
  await clinic.drain({ retries: true });
  expect(eskiz.taken.map(({ text }) => text)).toEqual([expect.stringMatching(/^Madina: Appointment booked/)]);
});

test('of a child who was erased nothing is said as if it were the reader’s own', async () => {
  const guardian = await parent();
  const child = await addChild(clinic, guardian);
  await bookFor(guardian, child, '2030-03-25');
  await clinic.drain();
  await clinic.as(admin).delete(`/users/${child}/`, { password: PASSWORD }).expect(204);
  await clinic.drain();
  const told = await inbox(guardian);
  expect(told.length).toBeGreaterThan(0);
  for (const { text } of told) expect(text).toMatch(/^For \(no name given\): /);
});

test('that a child who was erased will be 18 is not told of the reader', async () => {
  const guardian = await parent();
  const child = await addChild(clinic, guardian);
  await clinic.rows(
    `insert into notifications (user_id, kind, key, params) values ($1, 'guardianship_ends', $2, $3)`,
    [guardian.id, `guardianship:${child}`, { day: '2030-03-20', for: String(child) }],
  );
  await clinic.as(admin).delete(`/users/${child}/`, { password: PASSWORD }).expect(204);
  expect((await inbox(guardian)).map(({ title }) => title)).toEqual(['(no name given) will be 18']);
});
