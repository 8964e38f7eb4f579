import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvWords } from '../../src/i18n/csv.ts';
import { CHANNELS } from '../helpers/accounts.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { parseCsv } from '../helpers/csv.ts';
import { receptionist } from '../helpers/desk.ts';
import { planModes, planOf, sentBy } from '../helpers/plans.ts';
import { expectProblem } from '../helpers/problem.ts';
import { addChild } from '../patients/family.ts';

/** A doctor's day as one list. */

const DAY = '2026-03-10';
let clinic: TestApp;
let admin: Person;
let desk: Person;
let doctor: Person;
let patient: Person;
let visit: number;
let free: number;
beforeAll(async () => {
  clinic = await testApp({ config: { channels: CHANNELS } });
  admin = await clinic.person('admin');
  desk = await receptionist(clinic);
  doctor = await clinic.person('doctor', { first_name: 'Jasur', profile: { specialization: 'Kardiolog' } });
  patient = await clinic.person('patient', {
    first_name: '<b>Aziza</b>',
    last_name: '=Karimova',
    phone: '+998901234567',
    profile: { date_of_birth: '1990-05-17' },
  });
  const slot = (start_time: string, end_time: string) =>
    clinic.slot(doctor, { date: DAY, start_time, end_time });
  free = await slot('11:00', '11:30');
  const timeslot = await slot('09:00', '09:30');
  const booked = await clinic.as(patient).post('/appointments/', { timeslot, reason: 'A cough' }).expect(201);
  visit = booked.body.id;
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { note: 'X-ray' }).expect(200);
  const gone = await clinic.book(patient, await slot('12:00', '12:30'));
  await clinic.as(patient).delete(`/appointments/${gone}/`).expect(204);
});
afterAll(() => clinic.close());

const day = (by: Person, more = '') => clinic.as(by).get(`/appointments/day/?date=${DAY}${more}`);

describe('GET /appointments/day/', () => {
  test('shows a doctor what is free and who comes, by time', async () => {
    const { body, headers } = await day(doctor).expect(200);
    expect(headers['cache-control']).toBe('private, no-store');
    expect(body).toEqual({
      date: DAY,
      doctor: { id: doctor.id, first_name: 'Jasur', last_name: null, specialization: 'Kardiolog' },
      entries: [
        {
          start_time: '09:00',
          end_time: '09:30',
          timeslots: [expect.any(Number)],
          branch: 1,
          room: null,
          room_name: null,
          is_available: false,
          appointment: {
            id: visit,
            status: 'pending',
            attendance: null,
            patient: {
              id: patient.id,
              first_name: '<b>Aziza</b>',
              last_name: '=Karimova',
              phone: '+998901234567',
              date_of_birth: '1990-05-17',
              is_known: false,
              reachable: false,
            },
            service: null,
            reason: 'A cough',
            cancel_reason: null,
            note: 'X-ray',
            version: 2,
          },
        },
        expect.objectContaining({
          start_time: '11:00',
          timeslots: [free],
          is_available: true,
          appointment: null,
        }),
        expect.objectContaining({ start_time: '12:00', appointment: null }),
      ],
    });
  });

  test('is today by default, of a doctor whom staff name, and empty where nothing is open', async () => {
    const { body } = await clinic.as(admin).get(`/appointments/day/?doctor=${doctor.id}`).expect(200);
    expect(body).toMatchObject({ date: '2026-03-02', doctor: { id: doctor.id }, entries: [] });
    expectProblem(await clinic.as(admin).get('/appointments/day/'), 'invalid_input', {
      fields: ['doctor required'],
    });
    expectProblem(await day(admin, '&doctor=999999'), 'doctor_not_found');
    expectProblem(await day(admin, `&doctor=${patient.id}`), 'doctor_not_found');
    const other = await clinic.person('doctor');
    expectProblem(await day(other, `&doctor=${doctor.id}`), 'forbidden');
    expectProblem(await day(patient), 'forbidden');
  });

  test('shows the desk the note and not the reason, and only what lies in its branches', async () => {
    const { body } = await day(desk, `&doctor=${doctor.id}`).expect(200);
    expect(body.entries[0].appointment).toMatchObject({ note: 'X-ray', reason: null });
    for (const format of ['csv', 'html']) {
      const { text } = await day(desk, `&doctor=${doctor.id}&format=${format}`).expect(200);
      expect(text).toContain('X-ray');
      expect(text).not.toContain('A cough');
      expect((await day(doctor, `&format=${format}`).expect(200)).text).toContain('A cough');
    }
    const [{ id: branch } = { id: 0 }] = (
      await clinic.db.$client.query<{ id: number }>("insert into branches (name) values ('B2') returning id")
    ).rows;
    const elsewhere = await receptionist(clinic, [branch]);
    expect((await day(elsewhere, `&doctor=${doctor.id}`).expect(200)).body.entries).toEqual([]);
    expect((await day(admin, `&doctor=${doctor.id}&branch=${branch}`).expect(200)).body.entries).toEqual([]);
    expect((await day(admin, `&doctor=${doctor.id}&branch=1`).expect(200)).body.entries).toHaveLength(3);
  });

  test('says who is known here and whom a message reaches', async () => {
    await clinic.db.$client.query('update users set phone_reached_at = now() where id = $1', [patient.id]);
    await clinic.db.$client.query(
      `with slot as (
         insert into timeslots (doctor_id, date, start_time, end_time) values ($1, '2026-03-01', '09:00', '09:30')
         returning *
       )
       insert into appointments (doctor_id, patient_id, booked_by, date, start_time, end_time, status, timeslot_id,
         attendance, attendance_marked_at)
       select $1, $2, $2, date, start_time, end_time, 'confirmed', id, 'completed', now() from slot`,
      [doctor.id, patient.id],
    );
    const { body } = await day(doctor).expect(200);
    expect(body.entries[0].appointment.patient).toMatchObject({ is_known: true, reachable: true });
  });

  test('says of a child what the booking said: a message reaches who looks after them', async () => {
    const parent = await clinic.person('patient', { phone: '+998901234599' });
    const child = await addChild(clinic, parent);
    const timeslot = await clinic.slot(doctor, { date: '2026-03-11' });
    const { body: booked } = await clinic
      .as(desk)
      .post('/appointments/', { timeslot, patient: child })
      .expect(201);
    const reachable = async () => {
      const { body } = await clinic.as(doctor).get('/appointments/day/?date=2026-03-11').expect(200);
      return body.entries[0].appointment.patient.reachable;
    };
    expect([booked.reachable, await reachable()]).toEqual([false, false]);
    await clinic.db.$client.query('update users set phone_reached_at = now() where id = $1', [parent.id]);
    expect(await reachable()).toBe(true);
  });

  test('names nobody as reached by a channel that the clinic has not set up', async () => {
    const without = await testApp();
    const surgeon = await without.person('doctor');
    const somebody = await without.person('patient', { phone: '+998901234598' });
    await without.book(somebody, await without.slot(surgeon, { date: DAY }));
    await without.db.$client.query('update users set phone_reached_at = now() where id = $1', [somebody.id]);
    const { body } = await without.as(surgeon).get(`/appointments/day/?date=${DAY}`).expect(200);
    expect(body.entries[0].appointment.patient.reachable).toBe(false);
    await without.close();
  });

  test('is CSV on request, by the header or the parameter, with cells that no spreadsheet runs', async () => {
    for (const answer of [
      await day(doctor, '&format=csv').set('accept-language', 'en').expect(200),
      await day(doctor).set('accept', 'text/csv').set('accept-language', 'en').expect(200),
    ]) {
      expect(answer.headers['content-type']).toMatch(/^text\/csv/);
      expect(answer.headers['content-disposition']).toContain(`day-${doctor.id}-${DAY}.csv`);
      const [head = [], first = [], second = []] = parseCsv(answer.text);
      expect(first[head.indexOf('Patient: last name')]).toBe("'=Karimova");
      expect(first[head.indexOf('Patient: phone')]).toBe('+998 90 123 45 67');
      expect(first[head.indexOf('Note')]).toBe('X-ray');
      expect(first[head.indexOf('Free')]).toBe('no');
      expect(second[head.indexOf('Appointment: No.')]).toBe('');
      expect(second[head.indexOf('Free')]).toBe('yes');
    }
  });

  test.each([
    ['ru', ';'],
    ['uz', ';'],
    ['en', ','],
  ] as const)('is CSV in %s, by the separator that its reader names or %j', async (locale, own) => {
    const { headings, statuses, yes } = csvWords[locale];
    for (const [said, separator] of [
      ['', own],
      ['&separator=comma', ','],
      ['&separator=semicolon', ';'],
      ['&separator=%09', '\t'],
    ] as const) {
      const answer = await day(doctor, `&format=csv${said}`).set('accept-language', locale).expect(200);
      expect(answer.headers['content-language']).toBe(locale);
      const [head = [], first = []] = parseCsv(answer.text, separator);
      const cells = Object.fromEntries(head.map((name, index) => [name, first[index]]));
      expect(cells).toMatchObject({
        [headings.status]: statuses.pending,
        [headings.date_of_birth]: locale === 'en' ? '1990-05-17' : '17.05.1990',
        [headings.is_known]: yes,
        [headings.reason]: 'A cough',
      });
    }
    expectProblem(await day(doctor, '&format=csv&separator=x'), 'invalid_input', {
      fields: ['separator invalid_choice'],
    });
  });

  test('is a page to print, in the reader’s language, escaped, without a script, kept nowhere', async () => {
    const { text, headers } = await day(doctor, '&format=html').set('accept-language', 'ru').expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-language']).toBe('ru');
    expect(headers['cache-control']).toBe('private, no-store');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(text).toContain('<html lang="ru">');
    expect(text).toContain('&lt;b&gt;Aziza&lt;/b&gt;');
    expect(text).not.toMatch(/<script|<b>|javascript:/i);
    expect(text).toContain('X-ray');
    await clinic.db.$client.query("update users set locale = 'uz' where id = $1", [doctor.id]);
    const own = await day(doctor, '&format=html').set('accept-language', 'ru').expect(200);
    expect(own.headers['content-language']).toBe('uz');
    const page = await day(doctor).set('accept', 'text/html').expect(200);
    expect(page.text).toContain('Bemor');
  });

  test('is noted once a day for each reader, doctor and day, however it is fetched', async () => {
    const reader = await clinic.person('admin');
    const entries = await notedBy(clinic.db, async () => {
      for (const format of ['json', 'csv', 'html', 'json'])
        await day(reader, `&doctor=${doctor.id}&format=${format}`).expect(200);
    });
    expect(entries).toMatchObject([
      { action: 'appointment.day', actor_id: reader.id, details: { doctor: doctor.id, date: DAY } },
    ]);
    // Somebody who is booked afterwards hears of the next look.
    const later = await clinic.person('patient');
    await clinic.book(later, free);
    const more = await notedBy(clinic.db, async () => {
      for (const format of ['json', 'csv'])
        await day(reader, `&doctor=${doctor.id}&format=${format}`).expect(200);
    });
    expect(more).toMatchObject([{ action: 'appointment.day', actor_id: reader.id }]);
    const theirs = await clinic.as(later).get('/auth/me/access-log/').expect(200);
    expect(theirs.body.results[0]).toMatchObject({ action: 'appointment.day', by: { id: reader.id } });
    const log = await clinic.as(patient).get('/auth/me/access-log/').expect(200);
    const seen = log.body.results.filter(({ action }: { action: string }) => action === 'appointment.day');
    expect(seen.length).toBeGreaterThan(0);
  });
});

test.each(planModes)('a doctor’s day reads that day’s rows only, with a plan made by %s', async (mode) => {
  await clinic.db.$client.query(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select $1, '2027-01-01'::date + n / 50, time '08:00' + (n % 50) * interval '10 min',
       time '08:10' + (n % 50) * interval '10 min'
     from generate_series(0, 9999) n on conflict do nothing`,
    [doctor.id],
  );
  await clinic.db.$client.query('analyze timeslots, appointments, users');
  const sent = await sentBy(clinic.db, () => day(doctor).expect(200));
  const read = sent.find(({ name }) => name === 'appointments.day');
  expect(read).toBeDefined();
  if (!read) return;
  const plan = await planOf(clinic.db, read, mode);
  expect(plan.rows).toBeLessThan(60);
  expect(plan.whole).not.toContain('timeslots');
});
