import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testClock, testConfig } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { drainJobs, START } from '../helpers/messages/world.ts';
import { searchDatabase } from '../helpers/search.ts';

/** Erasing somebody to whom messages really went out, with more of them on the way: the queue forgets too. */

const DEVICE = 'Qizilqum-Browser/7.3';
const PHONE = '+998977774433';
const log = capturedLog();

let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let clinic: TestApp;
let drain: () => Promise<void>;
beforeAll(async () => {
  eskiz = await startEskiz();
  const clock = testClock(START);
  const config = { channels: { eskiz: eskiz.settings, timeout: 2_000 }, log_level: 'trace' };
  clinic = await testApp({ clock, config, log_stream: log.stream });
  const { notifications, events: readers } = createModules({
    db: clinic.db,
    clock,
    log: clinic.app.log,
    config: { ...testConfig, ...config },
  });
  drain = () => drainJobs(clinic.db, clock, notifications.jobs.tasks, { readers });
});
afterAll(async () => {
  await clinic.close();
  await eskiz.close();
});

const inbox = async (person: Person) =>
  (await clinic.as(person).get('/notifications/?page_size=100').expect(200)).body.results as {
    kind: string;
  }[];

test('what waits to be sent is not sent, what was sent leaves no trace, and the doctor is told without a name', async () => {
  const names = {
    first_name: 'Qahramonjon',
    last_name: 'Zulfiqorov',
    email: 'qahramonjon@example.uz',
    phone: PHONE,
  };
  const patient = await clinic.person('patient', { ...names, username: 'qahramon.z', locale: 'uz' });
  const doctor = await clinic.person('doctor', { first_name: 'Jasur' });
  await clinic.db.$client.query('update users set phone_verified_at = now() where id = $1', [patient.id]);
  const visit = await clinic.book(patient, await clinic.slot(doctor, { date: '2030-03-12' }));
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
  await drain();
  expect(eskiz.taken.some(({ to }) => PHONE.endsWith(to))).toBe(true);
  const login = { username: 'qahramon.z', password: PASSWORD };
  await clinic.as(undefined).post('/auth/login/', login).set('user-agent', DEVICE).expect(200);
  await drain();
  const told = (await inbox(doctor)).length;

  // On their way when the person goes: a code to the phone, reminders of the visit.
  clinic.clock.set(new Date(Date.parse(START) + 3_600_000).toISOString());
  await clinic.as(undefined).post('/auth/password/reset/', { username: PHONE }).expect(202);
  const waiting = async () =>
    (
      await clinic.db.$client.query("select 1 from messages where status = 'queued' and user_id = $1", [
        patient.id,
      ])
    ).rowCount;
  await expect.poll(waiting).toBe(1);
  const sent = eskiz.taken.length;

  const needles = [...Object.values(names), PHONE.slice(1), 'qahramon.z', DEVICE, 'Qizilqum', PHONE.slice(4)];
  const before = await searchDatabase(clinic.db, needles);
  for (const needle of needles)
    expect(
      before.some((place) => place.endsWith(`: ${needle}`)),
      needle,
    ).toBe(true);

  await clinic.as(patient).delete('/auth/me/', { password: PASSWORD }).expect(204);
  await drain();
  // Until after the visit, past every reminder of it.
  for (const day of ['2030-03-11T05:00:00Z', '2030-03-12T04:00:00Z', '2030-03-20T05:00:00Z']) {
    clinic.clock.set(day);
    await drain();
  }

  expect(eskiz.taken.slice(sent)).toEqual([]);
  expect(await searchDatabase(clinic.db, needles)).toEqual([]);
  const logged = log.lines.join('\n');
  expect(needles.filter((needle) => logged.includes(needle))).toEqual([]);
  const now = await inbox(doctor);
  expect(now.length).toBe(told + 1);
  expect(now[0]).toMatchObject({ kind: 'cancelled' });
  expect(JSON.stringify(now)).not.toMatch(/Qahramonjon|Zulfiqorov/);
  expect(await waiting()).toBe(0);
});
