import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Document } from '../../src/http/openapi/document.ts';
import { CHANNELS, confirm, freshPhone, pass } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { addChild } from '../patients/family.ts';
import { examplesIn, operationFor, writtenOut } from './documented.ts';

/** Refusals that few people meet, and the document has to say all the same. */

let clinic: TestApp;
let document: Document;
let admin: Person;
let patient: Person;

beforeAll(async () => {
  clinic = await testApp({
    config: {
      channels: { ...CHANNELS, telegram: { token: '7654321:only-for-tests', api_url: 'http://127.0.0.1:1' } },
      // Nothing can be written there: the ledger of erasures is away.
      backup_dir: '/dev/null/backups',
    },
  });
  document = writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body);
  admin = await clinic.person('admin');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

type Method = 'post' | 'patch' | 'delete';

/** Asks, and is refused with a code that stands in the document for this operation. */
async function refused(
  who: Person,
  method: Method,
  path: string,
  code: Parameters<typeof expectProblem>[1],
  body?: object,
) {
  const answer = await clinic.as(who)[method](path, body);
  expectProblem(answer, code);
  const found = operationFor(document, method, `/api${path}`);
  const content = found?.operation.responses[answer.status]?.content;
  expect(Object.keys(examplesIn(content?.['application/problem+json']))).toContain(code);
}

test('whoever holds a slot for its own doctor', async () => {
  const doctor = await clinic.person('doctor');
  const timeslot = await clinic.slot(doctor);
  const body = { patient: doctor.id };
  await refused(admin, 'post', `/timeslots/${timeslot}/hold/`, 'not_with_oneself', body);
});

test('whoever wants a slot that a holiday took, to book it or to move there', async () => {
  const doctor = await clinic.person('doctor');
  const date = '2026-03-12';
  const [taken, timeslot] = [await clinic.slot(doctor, { date }), await clinic.slot(doctor)];
  const visit = await clinic.book(patient, timeslot);
  await clinic.as(admin).post('/holidays/', { date }).expect(201);
  const body = { timeslot: taken };
  await refused(patient, 'post', '/appointments/', 'clinic_closed', body);
  await refused(patient, 'post', `/appointments/${visit}/reschedule/`, 'clinic_closed', body);
  await refused(patient, 'post', `/timeslots/${taken}/hold/`, 'clinic_closed');
});

test('a child who would be erased with its last guardian while that cannot be noted', async () => {
  const child = await addChild(clinic, patient);
  await refused(patient, 'delete', `/patient/dependants/${child}/`, 'provider_unavailable');
  await refused(admin, 'delete', `/patients/${child}/guardians/${patient.id}/`, 'provider_unavailable');
  await clinic.as(patient).get(`/patient/dependants/${child}/`).expect(200);
});

describe('whoever has no password, and says one long after they signed in', () => {
  let person: Person;
  beforeAll(async () => {
    person = await clinic.person('patient');
    await confirm(clinic, person.id, { phone: freshPhone() });
    await clinic.db.$client.query('update users set password_hash = null where id = $1', [person.id]);
    await clinic.db.$client.query(
      "insert into telegram_chats (user_id, chat_id, linked_at) values ($1, '81001', now())",
      [person.id],
    );
    pass(clinic.clock, 301);
  });

  test.each<[Method, string, object]>([
    ['patch', '/patient/profile/', { phone: '+998901112233' }],
    ['patch', '/auth/me/', { phone: '+998901112233' }],
    ['post', '/auth/phone/verify/confirm/', { code: '402915' }],
    ['post', '/auth/email/verify/confirm/', { code: '402915' }],
    ['post', '/notifications/telegram/link/', {}],
    ['delete', '/notifications/telegram/link/', {}],
  ])('is asked to sign in again: %s %s', async (method, path, body) => {
    await refused(person, method, path, 'sign_in_again', { ...body, password: PASSWORD });
  });
});
