import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type TestApp, testApp, testClock, testConfig } from '../helpers/app.ts';
import { startProcess, startServer } from '../helpers/process.ts';
import { request } from '../helpers/races.ts';

/** Books under load, and the commands that back them up, for whatever server the database is on. */

export const KEY = 'k3y-0f-the-backups-in-these-tests-only';

/** Runs one of the commands as a person does. */
export async function run(command: string, args: string[], env: Record<string, string> = {}) {
  const started = startProcess([`src/cli/${command}.ts`, ...args], {
    BACKUP_KEY: KEY,
    JWT_SECRET: testConfig.jwt_secret,
    ...env,
  });
  return { code: await started.exited, output: started.output() };
}

interface Booking {
  id: number;
  asked: number;
  answered: number;
}

/**
 * Eight patients book until `stop`; each of their bookings is kept with the moments when it was asked for and answered.
 * The first patient erases themself when told to.
 */
export async function openBooks(url: string, env: Record<string, string>) {
  const clinic: TestApp = await testApp({ url, clock: testClock(new Date().toISOString()) });
  const people = await Promise.all(Array.from({ length: 8 }, () => clinic.person('patient')));
  const doctors = await Promise.all(Array.from({ length: 4 }, () => clinic.person('doctor')));
  const { rows: slots } = await clinic.db.$client.query<{ id: number }>(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select d.id, current_date + 2 + (n / 50)::int, time '08:00' + n % 50 * interval '10 minutes',
       time '08:10' + n % 50 * interval '10 minutes'
     from doctor_profiles d, generate_series(0, 4999) n where d.id = any($1) returning id`,
    [doctors.map(({ id }) => id)],
  );
  const server = await startServer({
    NODE_ENV: 'test',
    DATABASE_URL: url,
    MIGRATE_ON_START: 'false',
    WORKER: 'off',
    JWT_SECRET: testConfig.jwt_secret,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn',
    ...env,
  });
  const booked: Booking[] = [];
  let refused: unknown;
  let stopped = false;
  let living = people.length - 1;
  const lives = people.map(async (person, who) => {
    // The first one books once and waits for what the test does with them.
    for (let at = who; !stopped && at < slots.length; at += people.length) {
      const asked = Date.now();
      const answer = await request(server.base, 'POST', '/appointments/', {
        token: person.token,
        body: { timeslot: slots[at]?.id },
      });
      if (answer.status === 201) booked.push({ id: answer.body.id ?? 0, asked, answered: Date.now() });
      else refused = answer;
      if (who === 0) return;
      // A load, and slots for as long as a busy machine takes.
      await pause(100);
    }
    living -= 1;
  });
  return {
    clinic,
    server,
    people,
    booked,
    async until(met: () => boolean) {
      while (!met()) {
        if (living === 0)
          throw new Error(`nobody books any longer, ${booked.length} have: ${JSON.stringify(refused)}`);
        await pause(20);
      }
    },
    async stop() {
      stopped = true;
      await Promise.all(lives);
    },
    async close() {
      stopped = true;
      await Promise.all(lives);
      server.child.kill('SIGTERM');
      await server.exited;
      await clinic.close();
    },
  };
}

/** Lets the server archive all that it has written so far. */
export async function archived(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('select pg_walfile_name(pg_switch_wal()) as name');
    const name = rows[0]?.name ?? '';
    for (;;) {
      const { rows: state } = await client.query<{ last: string | null }>(
        `select last_archived_wal as last from pg_stat_archiver`,
      );
      if ((state[0]?.last ?? '').slice(8, 24) >= name.slice(8)) return;
      await pause(50);
    }
  } finally {
    await client.end();
  }
}

/** Whether this process may mount a small disk of its own. */
export function smallDisk(dir: string, megabytes: number): { remove: () => void } | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'clinic-test', dir], {
      stdio: 'ignore',
    });
    return { remove: () => execFileSync('umount', ['-l', dir]) };
  } catch {
    return undefined;
  }
}
