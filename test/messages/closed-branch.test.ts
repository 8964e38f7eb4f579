import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { placesOf } from '../helpers/places.ts';
import { type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

let clinic: WaitingClinic;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient', { locale: 'en' });
});
afterAll(() => clinic.close());

/** What the patient’s inbox and calendar say of where the visit is. */
async function placeToldOf(
  visit: number,
): Promise<[message: string | undefined, calendar: string | undefined]> {
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
  await clinic.drain();
  const inbox = await clinic.as(patient).get('/notifications/').expect(200);
  const feed = await clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' }).expect(201);
  const file = await clinic.as(undefined).get(feed.body.url.slice(feed.body.url.indexOf('/calendar/')));
  const [newest] = inbox.body.results;
  expect(newest.appointment).toBe(visit);
  const place = (file.text as string).match(/^LOCATION:.*$/gm)?.at(-1);
  return [newest.text.split('\n').at(1), place?.trim()];
}

test('a visit that is kept in a branch that closes is told with the branch’s name: people go to the other one otherwise', async () => {
  const branch = await placesOf(clinic, admin).branch({ name: 'Chilonzor' });
  const slot = await clinic.slot(doctor, { date: '2030-03-12', branch });
  const kept = await clinic.book(patient, slot);
  await clinic.as(admin).patch(`/branches/${branch}/`, { is_active: false, upcoming: 'keep' }).expect(200);
  expect(await placeToldOf(kept)).toEqual(['Chilonzor', 'LOCATION:Chilonzor']);
  // In the only one that is left nobody goes wrong.
  const left = await clinic.book(patient, await clinic.slot(doctor, { date: '2030-03-13', branch: 1 }));
  expect(await placeToldOf(left)).toEqual([undefined, 'LOCATION:Chilonzor']);
});
