import { createModules } from '../../../src/modules.ts';
import { type Person, type TestApp, testApp, testClock, testConfig } from '../app.ts';
import { drainJobs, START } from './world.ts';

/** The whole application, whose jobs are run by the test; its clock stands in 2030 (see world.ts). */
export async function createClinic(config: Partial<typeof testConfig> = {}) {
  const clock = testClock(START);
  const clinic = await testApp({ clock, config });
  clinic.db.$client.on('connect', (client) => client.on('error', () => {}));
  const settings = { ...testConfig, ...config };
  const { appointments, events, notifications, housekeeping } = createModules({
    db: clinic.db,
    clock,
    config: settings,
  });
  const tasks = { ...notifications.jobs.tasks, ...housekeeping.tasks };
  return Object.assign(clinic, {
    appointments,
    notifications,
    drain: (options?: { retries?: boolean }) =>
      drainJobs(clinic.db, clock, tasks, { ...options, readers: events }),
    /** Reads the log and leaves the jobs alone. */
    read: () => events.drain(),
    rows: async <Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
      (await clinic.db.$client.query(text, values)).rows as Row[],
    /** Takes a phone as proved to be theirs. */
    verify: (person: Person, phone: string) =>
      clinic.db.$client.query('update users set phone = $2, phone_verified_at = now() where id = $1', [
        person.id,
        phone,
      ]),
  });
}

export type Clinic = Awaited<ReturnType<typeof createClinic>> & TestApp;
