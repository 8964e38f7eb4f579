import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { expectProblem } from '../helpers/problem.ts';
import { temporaryFolder } from '../helpers/process.ts';

let clinic: Clinic;
let doctor: Person;
let patient: Person;
let admin: Person;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
const folder = temporaryFolder();
const file = join(folder.dir, 'deep', 'messages.log');
const written = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');

beforeAll(async () => {
  telegram = await startTelegram();
  clinic = await createClinic({ channels: { file, telegram: telegram.settings, timeout: 30_000 } });
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'uz' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova', locale: 'uz' });
  admin = await clinic.person('admin');
  await clinic.verify(patient, '+998901234567');
});
afterAll(async () => {
  await clinic.close();
  await telegram.close();
  folder.remove();
});

const book = async (date: string, time = '10:00') =>
  clinic.book(
    patient,
    await clinic.slot(doctor, { date, start_time: time, end_time: `${time.slice(0, 3)}30` }),
  );

describe('preferences', () => {
  const path = '/notifications/preferences/';

  test('show the defaults, what is used and what is proved', async () => {
    const { body } = await clinic.as(patient).get(path).expect(200);
    expect(body).toEqual({
      kinds: [
        'booked',
        'confirmed',
        'declined',
        'called_off',
        'expired',
        'cancelled',
        'moved',
        'entered_by_mistake',
        'absence',
        'closed',
        'waitlist_offer',
        'waitlist_lapsed',
        'reminder',
        'new_sign_in',
        'password_changed',
        'contact_changed',
        'telegram_linked',
        'two_step_changed',
        'identity_linked',
        'nothing_confirmed',
        'record_merged',
        'guardianship_ends',
      ].map((kind) => ({ kind, chosen: null, used: ['sms'] })),
      quiet_hours: { enabled: true, from: '22:00', until: '08:00' },
      channels: {
        email: { offered: true, usable: false },
        sms: { offered: true, usable: true },
        telegram: { offered: true, usable: false },
      },
    });
    const kinds = (await clinic.as(doctor).get(path)).body.kinds.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toContain('doctor_approved');
    expect(kinds).not.toContain('reminder');
  });

  test('change what is named, keep the rest, and go back to the default', async () => {
    await clinic
      .as(patient)
      .patch(path, { channels: { reminder: ['email', 'sms', 'sms'], booked: [] } })
      .expect(200);
    await clinic
      .as(patient)
      .patch(path, { quiet_hours: { from: '23:30' } })
      .expect(200);
    const { body } = await clinic
      .as(patient)
      .patch(path, { channels: { reminder: null } })
      .expect(200);
    const chosen = Object.fromEntries(
      body.kinds.map(({ kind, chosen: list }: { kind: string; chosen: string[] | null }) => [kind, list]),
    );
    expect(chosen).toMatchObject({ booked: [], reminder: null });
    expect(body.quiet_hours).toEqual({ enabled: true, from: '23:30', until: '08:00' });
    await clinic
      .as(patient)
      .patch(path, { quiet_hours: { enabled: false } })
      .expect(200);
    expect((await clinic.as(patient).get(path)).body.quiet_hours).toEqual({
      enabled: false,
      from: '23:30',
      until: '08:00',
    });
  });

  test('decide what goes out: a booking to the inbox only, a cancellation at night by SMS too', async () => {
    await clinic
      .as(patient)
      .patch(path, { channels: { booked: [] }, quiet_hours: { enabled: false } })
      .expect(200);
    clinic.clock.set('2030-03-13T18:00:00Z');
    const before = written();
    const visit = await book('2030-03-20');
    await clinic.drain();
    expect(written()).toBe(before);
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
    await clinic.drain();
    expect(written().slice(before.length)).toContain('Qabulingiz bekor qilindi: 20-mart 10:00');
    expect((await clinic.as(patient).get('/notifications/?page_size=2')).body.results).toMatchObject([
      { kind: 'cancelled' },
      { kind: 'booked' },
    ]);
  });

  test('hold a message back until the quiet hours end, but not a cancellation of the same day', async () => {
    await clinic.as(patient).patch(path, {
      channels: { booked: null },
      quiet_hours: { enabled: true, from: '22:00', until: '08:00' },
    });
    clinic.clock.set('2030-03-14T17:30:00Z');
    const before = written().length;
    await book('2030-03-21');
    const today = await book('2030-03-14', '23:00');
    await clinic.drain();
    expect(written().length).toBe(before);
    await clinic.as(admin).delete(`/appointments/${today}/`).expect(204);
    await clinic.drain();
    expect(written().slice(before)).toContain('bekor qilindi: 14-mart 23:00');
    expect(written().slice(before)).not.toContain('21-mart');
    clinic.clock.set('2030-03-15T03:00:00Z');
    await clinic.drain();
    expect(written().slice(before)).toContain('Qabulga yozildingiz: 21-mart 10:00');
    // The booking of the visit that was cancelled in the night is no news any more.
    expect(written().slice(before)).not.toContain('Qabulga yozildingiz: 14-mart');
  });

  test('refuse what does not make sense', async () => {
    const change = (body: object) => clinic.as(patient).patch(path, body);
    expectProblem(await change({}), 'invalid_input', { fields: [' nothing_to_change'] });
    expectProblem(await change({ channels: { reminder: ['pigeon'] } }), 'invalid_input');
    expectProblem(await change({ channels: { code: ['sms'] } }), 'unknown_field', {
      fields: ['channels.code unknown_field'],
    });
    expectProblem(await change({ quiet_hours: { from: '25:00' } }), 'invalid_input', {
      fields: ['quiet_hours.from invalid_time'],
    });
  });
});
