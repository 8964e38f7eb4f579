import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { badLines, readers } from '../helpers/calendars.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertDependant } from '../helpers/rows.ts';

let clinic: TestApp;
let doctor: Person;
let admin: Person;
const lines: string[] = [];
const freshDay = freshDays();

beforeAll(async () => {
  clinic = await testApp({
    config: { log_level: 'trace', clinic_name: 'Shifo' },
    log_stream: { write: (line) => lines.push(line) },
  });
  doctor = await clinic.person('doctor', { first_name: 'Жасур', last_name: 'Юсупов' });
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const pathOf = (url: string) => url.slice(url.indexOf('/calendar/'));
const read = (url: string, headers: Record<string, string> = {}) =>
  clinic.as(undefined).get(pathOf(url)).set(headers);
async function feedOf(person: Person, purpose = 'visits'): Promise<{ id: number; url: string }> {
  return (await clinic.as(person).post('/calendar/feeds/', { purpose }).expect(201)).body;
}
const eventsOf = (file: string) => readers[0]?.[1](file).events ?? [];
async function visit(patient: Person): Promise<number> {
  return clinic.book(patient, await clinic.slot(doctor, { date: freshDay() }));
}

test('a feed shows a visit from booking to cancellation under one UID with a growing SEQUENCE', async () => {
  const patient = await clinic.person('patient');
  const { url } = await feedOf(patient);
  const seen: { uid: string; sequence: number; status: string; start: string }[] = [];
  const look = async () => {
    const { text } = await read(url).expect(200);
    expect(badLines(text)).toEqual([]);
    const events = eventsOf(text);
    expect(events).toHaveLength(1);
    for (const event of events) seen.push(event);
  };
  const id = await visit(patient);
  await look();
  await clinic.as(doctor).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  await look();
  const timeslot = await clinic.slot(doctor, { date: freshDay() });
  await clinic.as(admin).post(`/appointments/${id}/reschedule/`, { timeslot }).expect(200);
  await look();
  await clinic.as(patient).delete(`/appointments/${id}/`).expect(204);
  await look();
  expect(new Set(seen.map(({ uid }) => uid)).size).toBe(1);
  expect(seen.map(({ sequence }) => sequence)).toEqual(
    [...new Set(seen.map(({ sequence }) => sequence))].sort((a, b) => a - b),
  );
  expect(seen.map(({ status }) => status)).toEqual(['TENTATIVE', 'CONFIRMED', 'CONFIRMED', 'CANCELLED']);
  expect(seen[2]?.start).not.toBe(seen[1]?.start);
});

test('the second reading of the same is answered 304, by tag and by date, and a change is seen by both', async () => {
  const patient = await clinic.person('patient');
  const { url } = await feedOf(patient);
  await visit(patient);
  const first = await read(url).expect(200);
  expect(first.headers['content-type']).toBe('text/calendar; charset=utf-8');
  const { etag = '', 'last-modified': since = '' } = first.headers as Record<string, string>;
  const again = await read(url, { 'if-none-match': `"other", W/${etag}` }).expect(304);
  expect(again.headers).toMatchObject({ etag, 'last-modified': since });
  await read(url, { 'if-modified-since': since }).expect(304);
  await read(url, { 'if-none-match': '*' }).expect(304);
  const head = () => supertest(clinic.app.server).head(`/api${pathOf(url)}`);
  await head().set('if-none-match', etag).expect(304);
  await head().set('if-modified-since', since).expect(304);
  // A tag goes before a date.
  await read(url, { 'if-none-match': '"other"', 'if-modified-since': since }).expect(200);
  await read(url, { 'if-modified-since': 'nonsense' }).expect(200);
  // What is shown of others changes the calendar as well, though no visit changed, and in the same second.
  await clinic.as(doctor).patch('/auth/me/', { last_name: 'Юлдашев' }).expect(200);
  const changed = await read(url, { 'if-none-match': etag }).expect(200);
  expect(changed.text).toContain('Юлдашев');
  const later = String(changed.headers['last-modified']);
  expect(Date.parse(later)).toBeGreaterThan(Date.parse(since));
  await read(url, { 'if-modified-since': since }).expect(200);
  await read(url, { 'if-modified-since': later }).expect(304);
  await clinic.as(doctor).patch('/auth/me/', { last_name: 'Юсупов' }).expect(200);
});

test('a guardian’s feed shows a child by name and a doctor’s shows patients; nobody’s says what a visit is about', async () => {
  const patient = await clinic.person('patient', { first_name: 'Азиза' });
  const child = await insertDependant(clinic.db, patient.id);
  const timeslot = await clinic.slot(doctor, { date: freshDay() });
  const booking = { timeslot, patient: child, reason: 'кашель' };
  await clinic.as(patient).post('/appointments/', booking).expect(201);
  await clinic.db.$client.query("update doctor_profiles set specialization = 'Onkolog' where id = $1", [
    doctor.id,
  ]);
  const family = (await read((await feedOf(patient)).url).expect(200)).text;
  expect(eventsOf(family).map(({ summary }) => summary)).toEqual([
    expect.stringMatching(/^Madina.*: .*Жасур Юсупов \(.+\)$/),
  ]);
  const day = (await read((await feedOf(doctor, 'day')).url).expect(200)).text;
  expect(
    eventsOf(day)
      .map(({ summary }) => summary)
      .join(),
  ).toContain('Madina');
  for (const file of [family, day]) expect(file).not.toMatch(/Onkolog|кашель/);
  for (const { class: secrecy } of eventsOf(day)) expect(secrecy).toBe('PRIVATE');
  const log = await clinic.db.$client.query<{ people: number[] }>(
    "select people from audit_entries where action = 'calendar.read' and actor_id = any ($1)",
    [[patient.id, doctor.id]],
  );
  expect(log.rows.map(({ people }) => people.includes(child))).toEqual([true, true]);
});

test('a wrong, replaced, ended or erased address is one 404, and repeats nothing of itself', async () => {
  const [patient, other, out] = [
    await clinic.person('patient'),
    await clinic.person('patient'),
    await clinic.person('patient'),
  ];
  const rotated = await feedOf(patient);
  const { body: renewed } = await clinic
    .as(patient)
    .post(`/calendar/feeds/${rotated.id}/rotate/`)
    .expect(200);
  await read(renewed.url).expect(200);
  const ended = await feedOf(patient);
  await clinic.as(patient).delete(`/calendar/feeds/${ended.id}/`).expect(204);
  const erased = await feedOf(other);
  await clinic.as(other).delete('/auth/me/', { password: 'a-long-quiet-river' }).expect(204);
  const inactive = await feedOf(out);
  await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: false }).expect(200);
  await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: true }).expect(200);
  const wrong = renewed.url.replace(/.\.ics$/, (end: string) => (end === 'A.ics' ? 'B.ics' : 'A.ics'));
  const answers = [];
  for (const url of [wrong, rotated.url, ended.url, erased.url, inactive.url, renewed.url.slice(0, -4)]) {
    const answer = await clinic.as(undefined).get(pathOf(url));
    expectProblem(answer, 'feed_not_found');
    expect(answer.text).not.toContain(pathOf(url).slice(10, 40));
    // Each request has an id of its own, and in tests a port of its own.
    const { request_id, type, ...told } = answer.body;
    expect(request_id).toEqual(expect.any(String));
    answers.push({ ...told, type: new URL(type, 'http://x').pathname });
  }
  expect(new Set(answers.map((body) => JSON.stringify(body))).size).toBe(1);
});

test('the token is in no line of the log, in no answer but the first, and in no row', async () => {
  const patient = await clinic.person('patient');
  const { url, id } = await feedOf(patient);
  const token = /\/calendar\/(.+)\.ics$/.exec(url)?.[1] ?? '';
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  await read(url).expect(200);
  await clinic.as(undefined).get(`/calendar/${token}`).expect(404);
  await clinic.as(undefined).post(`/calendar/${token}.ics`).expect(405);
  await clinic.as(undefined).get(`/calendar/${token}.ics?x=1`).expect(200);
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => line.includes(token))).toEqual([]);
  const { text } = await clinic.as(patient).get('/calendar/feeds/').expect(200);
  expect(text).not.toContain(token);
  expect(JSON.parse(text)).toMatchObject([{ id, purpose: 'visits', last_read_at: expect.any(String) }]);
  const exported = await clinic.as(patient).get('/auth/me/export/').expect(200);
  expect(exported.body.calendar_feeds).toMatchObject([{ id }]);
  const { rows } = await clinic.db.$client.query('select f::text as row from calendar_feeds f');
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
});

test('one has the feed of one’s role, five of them, and reaches nobody else’s', async () => {
  const [patient, other] = [await clinic.person('patient'), await clinic.person('patient')];
  expectProblem(await clinic.as(patient).post('/calendar/feeds/', { purpose: 'day' }), 'forbidden');
  expectProblem(await clinic.as(doctor).post('/calendar/feeds/', { purpose: 'visits' }), 'forbidden');
  const { id } = await feedOf(patient);
  expectProblem(await clinic.as(other).delete(`/calendar/feeds/${id}/`), 'feed_not_found');
  expectProblem(await clinic.as(other).post(`/calendar/feeds/${id}/rotate/`), 'feed_not_found');
  const made = await Promise.all(
    Array.from({ length: 8 }, () => clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' })),
  );
  expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 409, 409, 409, 409]);
});

test('after a restore a visit keeps its name, and one whose number comes again gets another', async () => {
  const patient = await clinic.person('patient');
  const { url } = await feedOf(patient);
  await visit(patient);
  const [before] = eventsOf((await read(url).expect(200)).text);
  await clinic.db.$client.query("update event_epochs set epoch = 'restored'");
  await visit(patient);
  const after = eventsOf((await read(url).expect(200)).text);
  expect(after.map(({ uid }) => uid)).toContain(before?.uid);
  expect(after.filter(({ uid }) => uid.includes('-restored-'))).toHaveLength(1);
});

test('a merge ends the feeds of the record that goes', async () => {
  const [from, into] = [await clinic.person('patient'), await clinic.person('patient')];
  const [gone, kept] = [await feedOf(from), await feedOf(into)];
  await visit(from);
  await clinic.as(admin).post(`/patients/${from.id}/merge/`, { into: into.id });
  const { rows } = await clinic.db.$client.query<{ merged_into: number | null }>(
    'select merged_into from users where id = $1',
    [from.id],
  );
  if (rows[0]?.merged_into === into.id) {
    await read(gone.url).expect(404);
    expect(eventsOf((await read(kept.url).expect(200)).text)).toHaveLength(1);
  } else throw new Error('the records were not merged');
});
