import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditActions } from '../../src/core/audited.ts';
import { watched } from '../../src/core/watched.ts';
import { type TestApp, testApp } from '../helpers/app.ts';

/**
 * Whose data each way of reading shows, decided by hand: `own` is whoever asks; `everybody` may see it; anything else is
 * others' records, and what the audit calls looking at them. A new route fails until somebody has decided here.
 */
const READS: Record<string, string> = {
  'GET /api/absences/': 'absence.list',
  'GET /api/absences/{id}/': 'absence.read',
  'GET /api/appointments/': 'appointment.list',
  // Noted by its service: once, not for each person in it.
  'GET /api/appointments/day/': 'own',
  'GET /api/appointments/export/': 'own',
  'GET /api/appointments/me/': 'appointment.list',
  'GET /api/appointments/{id}/': 'appointment.read',
  'GET /api/appointments/{id}/history/': 'appointment.history',
  // Noted by its service: once, not for each person on the page.
  'GET /api/audit/': 'own',
  'GET /api/auth/me/': 'own',
  'GET /api/auth/me/access-log/': 'own',
  'GET /api/auth/me/consents/': 'own',
  'GET /api/auth/me/export/': 'own',
  'GET /api/auth/sessions/': 'own',
  'GET /api/auth/two-step/': 'own',
  'GET /api/auth/identities/': 'own',
  'GET /api/auth/passkeys/': 'own',
  'GET /api/auth/providers/': 'everybody',
  // Of programs, and of persons by number only.
  'GET /api/api-keys/': 'everybody',
  'GET /api/api-keys/{id}/': 'everybody',
  'GET /api/specializations/': 'everybody',
  'GET /api/services/': 'everybody',
  'GET /api/services/{id}/': 'everybody',
  'GET /api/doctors/{id}/services/': 'everybody',
  'GET /api/branches/': 'everybody',
  'GET /api/branches/{id}/': 'everybody',
  'GET /api/rooms/': 'everybody',
  'GET /api/rooms/{id}/': 'everybody',
  'GET /api/calendar/feeds/': 'own',
  // Noted by its service: once a day, not at every reading.
  'GET /api/calendar/{file}': 'own',
  'GET /api/clinic/': 'everybody',
  'GET /api/doctor/patients/{id}/appointments/': 'appointment.list',
  'GET /api/doctor/profile/': 'own',
  'GET /api/doctor/schedule/': 'own',
  'GET /api/doctors/': 'everybody',
  'GET /api/doctors/{id}/': 'everybody',
  // When a doctor works is for all to see, in their free slots.
  'GET /api/doctors/{id}/schedule/': 'everybody',
  'GET /api/doctors/{id}/timeslots/': 'everybody',
  'GET /api/timeslots/search/': 'everybody',
  'GET /api/holidays/': 'everybody',
  'GET /api/holidays/{id}/': 'everybody',
  'GET /api/messages/': 'message.list',
  'GET /api/notifications/': 'own',
  'GET /api/notifications/preferences/': 'own',
  'GET /api/patient/dependants/': 'family.list',
  'GET /api/patient/dependants/{id}/': 'family.read',
  'GET /api/patient/profile/': 'own',
  'GET /api/patients/': 'patient.find',
  'GET /api/patients/{id}/': 'patient.read',
  'GET /api/settings/': 'everybody',
  'GET /api/system/': 'everybody',
  // Ids and times: who it is has to be asked for, and that is noted.
  'GET /api/stream/': 'everybody',
  // Numbers, and doctors by name: nothing of a patient.
  'GET /api/statistics/': 'everybody',
  'GET /api/timeslots/': 'own',
  'GET /api/timeslots/{id}/': 'everybody',
  'GET /api/users/': 'user.list',
  'GET /api/users/{id}/': 'user.read',
  'GET /api/waitlist/': 'waitlist.list',
  'GET /api/waitlist/{id}/': 'waitlist.read',
  // Ids and no names, for admins.
  'GET /api/webhooks/': 'everybody',
  'GET /api/webhooks/{id}/': 'everybody',
  'GET /api/webhooks/{id}/deliveries/': 'everybody',
  'GET /photos/{file}': 'everybody',
  'GET /health/live': 'everybody',
  'GET /health/ready': 'everybody',
};

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

test('every way of reading is decided upon, and notes what it must', () => {
  const reads = [...clinic.app.documentedRoutes].filter(([route]) => route.startsWith('GET '));
  const noted = Object.fromEntries(
    reads.map(([route, { audited }]) => [
      route,
      audited ?? (/\./.test(READS[route] ?? '.') ? 'not noted' : READS[route]),
    ]),
  );
  expect(noted).toEqual(READS);
});

test('every action of the table is noted somewhere, and stands in the documentation', async () => {
  const root = resolve(import.meta.dirname, '../../src');
  const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file === 'app.ts' || /^modules\/.*\.(service|routes|rules|schemas)\.ts$/.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const { body } = await clinic.as(undefined).get('/schema/').expect(200);
  const { description } = body.paths['/api/audit/'].get;
  for (const action of Object.keys(auditActions)) {
    expect(code, action).toContain(`'${action}'`);
    expect(description).toContain(`| \`${action}\` |`);
  }
});

test('what may be an attack stands first in the table, as its documentation says', () => {
  expect(Object.keys(auditActions).slice(0, watched.length)).toEqual(watched);
});
