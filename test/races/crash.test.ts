import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { PASSWORD } from '../helpers/app.ts';
import { type RunningServer, startServer, temporaryFolder } from '../helpers/process.ts';
import { type Answer, type Method, outcome, provesRules, request, tally } from '../helpers/races.ts';

const PATIENTS = 20;
const SLOTS = 60;
/** Bookings answered before something is killed: by then the others are under way. */
const ENOUGH = 15;

let folder: ReturnType<typeof temporaryFolder>;
let server: RunningServer | undefined;
const start = async () => {
  server = await startServer({
    NODE_ENV: 'test',
    DATA_DIR: folder.dir,
    LOG_LEVEL: 'silent',
    // Everybody here comes from one address, in a hurry.
    RATE_LIMIT: 'off',
    ADMIN_USERNAME: 'boss',
    ADMIN_PASSWORD: PASSWORD,
  });
};
beforeEach(async () => {
  folder = temporaryFolder();
  await start();
});
afterEach(async () => {
  await killServer();
  // The database stops by itself once its owner is gone; then the folder is nobody's.
  await vi.waitFor(() => expect(isRunning(postmaster())).toBe(false), 60_000);
  folder.remove();
});

async function killServer(): Promise<void> {
  server?.child.kill('SIGKILL');
  await server?.exited;
}

function postmaster(): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(folder.dir, 'postgres/postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

const ask = (token: string | undefined, method: Method, path: string, body?: object, key?: string) =>
  request(server?.base ?? '', method, path, { token, body, key });

async function signIn(username: string): Promise<string> {
  const { body } = await ask(undefined, 'POST', '/auth/login/', { username, password: PASSWORD });
  return body.access ?? '';
}

async function register(role: 'doctor' | 'patient', username: string): Promise<string> {
  const registered = await ask(undefined, 'POST', '/auth/register/', { username, password: PASSWORD, role });
  expect(outcome(registered)).toBe('201');
  return signIn(username);
}

interface Day {
  patients: string[];
  slots: number[];
}

/** A doctor's published day and the tokens of patients who want it. */
async function openClinic(): Promise<Day> {
  const doctor = await register('doctor', 'doctor');
  const slots: number[] = [];
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  for (let index = 0; index < SLOTS; index += 1) {
    const at = (minutes: number) => new Date((8 * 60 + minutes) * 60_000).toISOString().slice(11, 16);
    const times = { start_time: at(index * 10), end_time: at(index * 10 + 10) };
    const { body } = await ask(doctor, 'POST', '/timeslots/', { date, ...times });
    slots.push(body.id ?? 0);
  }
  const patients: string[] = [];
  for (let index = 0; index < PATIENTS; index += 1)
    patients.push(await register('patient', `patient${index}`));
  return { patients, slots };
}

/** A booking that was promised to somebody. */
interface Promised {
  id: number;
  patient: string;
  slot: number;
}

interface Rush {
  promised: Promised[];
  answers: Answer[];
  /** Resolves when ENOUGH bookings have been promised. */
  underWay: Promise<void>;
  /** Resolves when all have been through; those whose connection broke gave up. */
  over: Promise<PromiseSettledResult<void>[]>;
}

/**
 * All patients go through all slots at once, each from another one on.
 * @param again whether a slot is asked for once more after this answer
 * @param keyOf the Idempotency-Key of a booking, if it has one
 */
function rush(
  { patients, slots }: Day,
  again: (answer: Answer) => boolean = () => false,
  keyOf: (slot: number) => string | undefined = () => undefined,
): Rush {
  const promised: Promised[] = [];
  const answers: Answer[] = [];
  const { promise: underWay, resolve } = Promise.withResolvers<void>();

  async function bookAll(patient: string, from: number): Promise<void> {
    for (const offset of slots.keys()) {
      const slot = slots[(from + offset) % slots.length] ?? 0;
      let answer: Answer;
      do {
        // Whoever is told to come back does so; how soon is not what is tested here.
        answer = await ask(patient, 'POST', '/appointments/', { timeslot: slot }, keyOf(slot));
        answers.push(answer);
      } while (again(answer) && (await pause(20, true)));
      if (answer.status === 201) promised.push({ id: answer.body.id ?? 0, patient, slot });
      if (promised.length === ENOUGH) resolve();
    }
  }
  const over = Promise.allSettled(patients.map((patient, index) => bookAll(patient, index * 3)));
  return { promised, answers, underWay, over };
}

/** The database that the server has left behind, or uses. */
async function onDatabase<Found>(look: (db: Db) => Promise<Found>): Promise<Found> {
  const { port, password } = JSON.parse(readFileSync(join(folder.dir, 'connection.json'), 'utf8'));
  const db = openDatabase({ url: `postgres://clinic:${password}@127.0.0.1:${port}/clinic`, pool_max: 1 });
  try {
    return await look(db);
  } finally {
    await db.$client.end();
  }
}

/** Every booking that was answered with 201 stands, and the rules hold. */
async function keepsItsWord(promised: readonly Promised[]): Promise<void> {
  for (const { id, patient, slot } of promised) {
    const read = await ask(patient, 'GET', `/appointments/${id}/`);
    expect(read).toMatchObject({ status: 200, body: { id, timeslot: slot, status: 'pending' } });
  }
  await onDatabase(provesRules);
}

test('bookings that were answered outlive a kill -9 of the server in the middle of others', async () => {
  const day = await openClinic();
  const { promised, answers, underWay, over } = rush(day);
  await underWay;
  await killServer();
  await over;
  expect(promised.length).toBeLessThan(SLOTS);
  expect(answers.map(outcome).filter((ended) => ended !== '201' && ended !== '409 slot_taken')).toEqual([]);

  await start();
  await keepsItsWord(promised);
  // The rest of the day is still for sale, each slot once.
  const second = rush(day);
  await second.over;
  const stored = await ask(await signIn('boss'), 'GET', '/appointments/?status=pending&page_size=100');
  expect(stored.body.count).toBe(SLOTS);
  // Between them lie at most those whose answer died with the server: one for each patient.
  expect(promised.length + second.promised.length).toBeGreaterThanOrEqual(SLOTS - PATIENTS);
  await keepsItsWord([...promised, ...second.promised]);
});

test('a kill -9 in the middle of bookings with keys leaves of each the appointment and its key, or neither', async () => {
  const day = await openClinic();
  const keyOf = (slot: number) => `slot-${slot}`;
  const { promised, underWay, over } = rush(day, undefined, keyOf);
  await underWay;
  await killServer();
  await over;
  await start();
  const kept = await onDatabase(async (db) => {
    const { rows } = await db.$client.query<{ id: number | null; kept: number | null; slot: number }>(
      `select a.id, (k.answer->>'id')::integer as kept, a.timeslot_id as slot from appointments a
       full join idempotency_keys k on (k.answer->>'id')::integer = a.id and k.user_id = a.patient_id`,
    );
    return rows;
  });
  // Those whose answer died with the server among them.
  expect(kept.length).toBeGreaterThanOrEqual(promised.length);
  expect(kept.filter((row) => row.id !== row.kept)).toEqual([]);
  const ids = new Map(kept.map(({ slot, id }) => [slot, id]));
  for (const { patient, slot, id } of promised) {
    const again = await ask(patient, 'POST', '/appointments/', { timeslot: slot }, keyOf(slot));
    expect([again.status, again.replayed, again.body.id]).toEqual([201, true, id]);
  }
  // Whoever asks again for everything hears of each slot the same as before, or books it now.
  const second = rush(day, undefined, keyOf);
  await second.over;
  for (const { slot, id } of second.promised) expect(id).toBe(ids.get(slot) ?? id);
  expect(second.promised.map(({ slot }) => slot).sort()).toEqual([...day.slots].sort());
  await keepsItsWord(second.promised);
});

test('while the database is killed requests are told to come back, and nothing that was answered is lost', async () => {
  const day = await openClinic();
  const { promised, answers, underWay, over } = rush(day, ({ status }) => status === 503);
  await underWay;
  const killed = postmaster();
  expect(killed).toBeDefined();
  if (killed !== undefined) process.kill(killed, 'SIGKILL');
  expect((await over).filter(({ status }) => status === 'rejected')).toEqual([]);

  const { '503 database_unavailable': refused, ...others } = tally(answers);
  expect(refused).toBeGreaterThan(0);
  expect(Object.keys(others).sort()).toEqual(['201', '409 slot_taken']);
  for (const answer of answers.filter(({ status }) => status === 503)) {
    expect(answer.type).toContain('application/problem+json');
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
  }
  expect(postmaster()).not.toBe(killed);
  const stored = await ask(await signIn('boss'), 'GET', '/appointments/?status=pending&page_size=100');
  expect(stored.body.count).toBe(SLOTS);
  await keepsItsWord(promised);

  // What it logs must go somewhere after a revival too: about 150 kB here, more than a pipe holds.
  const twice = { username: 'PATIENT1', password: PASSWORD, role: 'patient' };
  for (let index = 0; index < 400; index += 1)
    expect(outcome(await ask(undefined, 'POST', '/auth/register/', twice))).toBe('409 username_taken');
});
