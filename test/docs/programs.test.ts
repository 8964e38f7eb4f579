import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import { newSecret, signaturesOf } from '../../src/core/webhooks.ts';
import { freePort } from '../../src/db/embedded/embedded.ts';
import { type Person, type TestApp, type TestClock, testApp, testConfig } from '../helpers/app.ts';
import { type RunningServer, startServer } from '../helpers/process.ts';
import { readPage, root } from './pages.ts';

/** The programs of docs/integration.md, run as they are printed, beside a server with its background jobs. */

const programs = [...readPage('docs/integration.md').matchAll(/^```js\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
);
const programWith = (word: string) => programs.find((text) => text.includes(word)) ?? '';
const receiver = programWith('standardwebhooks');
const listener = programWith('EventSource');

let clinic: TestApp;
let server: RunningServer;
let people: Record<'admin' | 'doctor' | 'patient', Person>;

beforeAll(async () => {
  clinic = await testApp({ clock: createClock('Asia/Tashkent') as TestClock });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
});
afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.exited;
  await clinic.close();
});

/** Runs a program in the folder of this project, whose packages it finds. */
function run(program: string, env: Record<string, string>) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  return { child, output: () => text };
}

/** @returns the status, or why there is none */
async function send(port: number, body: string, headers: Record<string, string>): Promise<number | string> {
  const asked = request({ port, host: '127.0.0.1', method: 'POST', agent: false, headers });
  try {
    asked.end(body);
    const [answer] = await once(asked, 'response');
    answer.resume();
    return answer.statusCode;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}

test('the receiver has ten lines, prints what happens in the clinic, and refuses what its secret did not sign', async () => {
  expect(receiver.trim().split('\n').length).toBeLessThanOrEqual(10);
  const port = await freePort();
  const endpoint = { url: `http://127.0.0.1:${port}/`, types: ['appointment.booked'] };
  const { body: made } = await clinic.as(people.admin).post('/webhooks/', endpoint).expect(201);
  const { child, output } = run(receiver, { WEBHOOK_SECRET: made.secret, PORT: String(port) });
  await expect.poll(() => send(port, '{}', {})).toBe(400);

  server = await startServer({
    DATABASE_URL: clinic.url,
    JWT_SECRET: testConfig.jwt_secret,
    DATA_KEYS: testConfig.data_keys.file ?? '',
  });
  // A reader begins with what happens from then on.
  const reading = "select from event_readers where name = 'webhooks'";
  await expect.poll(async () => (await clinic.db.$client.query(reading)).rowCount).toBe(1);
  const { token: TOKEN } = people.patient;
  const stream = run(listener, { API: `${server.base}/api`, TOKEN });
  await expect.poll(stream.output).toBe('listening\n');
  const date = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const visit = await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
  await expect.poll(output).toMatch(new RegExp(`^evt_[0-9a-f]+_\\d+ appointment\\.booked ${visit}\n$`));
  await expect.poll(stream.output).toBe(`listening\n${visit}\n`);

  // What somebody else sends, what was changed on its way, and what was recorded and is sent again later.
  const said = output();
  const body = JSON.stringify({ type: 'appointment.booked', data: { id: 7 } });
  const now = Math.floor(Date.now() / 1_000);
  const signed = (secret: string, timestamp = now) => ({
    'webhook-id': 'evt_1_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signaturesOf({ id: 'evt_1_1', timestamp, body }, [secret]),
  });
  expect(await send(port, body, signed(newSecret()))).toBe(400);
  expect(await send(port, body.replace('7', '8'), signed(made.secret))).toBe(400);
  expect(await send(port, body, signed(made.secret, now - 3_600))).toBe(400);
  // Whoever hangs up does not end it.
  const cut = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': '100' } });
  cut.on('error', () => {}).write('{');
  await once(cut, 'socket');
  cut.destroy();
  expect(output()).toBe(said);
  expect(await send(port, body, signed(made.secret))).toBe(204);
  await expect.poll(output).toBe(`${said}evt_1_1 appointment.booked 7\n`);
  expect(child.exitCode).toBe(null);

  // The program that listens ends by itself with its session.
  await clinic.as(people.patient).post('/auth/logout/', {}).expect(204);
  await expect.poll(() => stream.child.exitCode).toBe(0);
});
