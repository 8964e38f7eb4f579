import { createModules } from '../../src/modules.ts';
import { type Person, testApp, testClock, testConfig } from './app.ts';
import { drainJobs } from './messages/world.ts';

/** 2030 is ahead of the database's own clock: what is planned stays planned until a test moves its clock there. */
export const START = '2030-03-04T04:00:00Z';

/** The application and its background jobs, which run when a test says so. */
export async function waitingClinic({
  config = {},
  start = START,
}: {
  config?: Partial<typeof testConfig>;
  start?: string;
} = {}) {
  const clinic = await testApp({ clock: testClock(start), config });
  const { db, clock } = clinic;
  const modules = createModules({ db, clock, config: { ...testConfig, ...config } });
  const tasks = { ...modules.notifications.jobs.tasks, ...modules.housekeeping.tasks };
  const rows = async <Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await db.$client.query(text, values)).rows as Row[];

  return {
    ...clinic,
    tasks,
    readers: modules.events,
    rows,
    drain: () => drainJobs(db, clock, tasks, { readers: modules.events }),

    /** Moves the clock on and does what is due by then. */
    async pass(minutes: number): Promise<void> {
      clock.set(new Date(clock.now().getTime() + minutes * 60_000).toISOString());
      await drainJobs(db, clock, tasks, { readers: modules.events });
    },

    /** Joins the list for a doctor, all March by default. */
    async wait(patient: Person, doctor: Pick<Person, 'id'>, wish: object = {}): Promise<number> {
      const body = { doctor: doctor.id, from: '2030-03-01', to: '2030-03-31', ...wish };
      return (await clinic.as(patient).post('/waitlist/', body).expect(201)).body.id;
    },
    show: async (person: Pick<Person, 'token'>, entry: number) =>
      (await clinic.as(person).get(`/waitlist/${entry}/`).expect(200)).body,
    accept: (person: Pick<Person, 'token'>, entry: number) =>
      clinic.as(person).post(`/waitlist/${entry}/accept/`),
    decline: (person: Pick<Person, 'token'>, entry: number) =>
      clinic.as(person).post(`/waitlist/${entry}/decline/`),
    leave: (person: Pick<Person, 'token'>, entry: number) => clinic.as(person).delete(`/waitlist/${entry}/`),

    /** What was told to somebody of the waiting list, oldest first. */
    told: (person: Pick<Person, 'id'>) =>
      rows<{ kind: string; params: Record<string, string> }>(
        `select kind, params from notifications where user_id = $1 and kind like 'waitlist%' order by id`,
        [person.id],
      ),
  };
}

export type WaitingClinic = Awaited<ReturnType<typeof waitingClinic>>;
