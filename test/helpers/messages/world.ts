import { Logger, runOnce, type TaskList } from 'graphile-worker';
import { silentLog } from '../../../src/core/log.ts';
import type { Message } from '../../../src/core/messages.ts';
import type { Role } from '../../../src/core/roles.ts';
import { type Db, transaction } from '../../../src/db/client.ts';
import { primaryOnly } from '../../../src/db/links/replica.ts';
import { createReaders, type Readers } from '../../../src/events/readers.ts';
import { createAppointments } from '../../../src/modules/appointments/index.ts';
import { createAvailability, OPEN_POLICY } from '../../../src/modules/availability/index.ts';
import { createIdempotency } from '../../../src/modules/idempotency/index.ts';
import {
  createNotifications,
  type NotificationsDependencies,
} from '../../../src/modules/notifications/index.ts';
import { createGuardians } from '../../../src/modules/patients/index.ts';
import { createOffers } from '../../../src/modules/waitlist/index.ts';
import { type TestClock, testClock } from '../clock.ts';
import { testDatabase } from '../database.ts';

/** 2030 is ahead of the database's own clock: what is planned stays planned until a test moves its clock there. */
export const START = '2030-03-04T04:00:00Z';

export interface PersonFields {
  first_name?: string;
  last_name?: string;
  locale?: 'uz' | 'ru' | 'en' | null;
  email?: string;
  email_verified?: boolean;
  phone?: string;
  phone_verified?: boolean;
  chat?: string;
}

export interface WorldOptions extends Partial<Omit<NotificationsDependencies, 'clock'>> {
  clock?: TestClock;
}

export const SECRET = 'only-for-tests-0f8e7d6c5b4a39281706';

export type World = Awaited<ReturnType<typeof createWorld>>;

/** The notifications module on a database of its own, with people and visits put straight into it, and jobs run by the test. */
export async function createWorld({ clock = testClock(START), ...options }: WorldOptions = {}) {
  const { db, url, close } = await testDatabase();
  db.$client.on('connect', (client) => client.on('error', () => {}));
  const audit = {
    record: async () => {},
    recordAll: async () => {},
    recordShown: async () => {},
  };
  const settings = { policy: () => OPEN_POLICY };
  const idempotency = createIdempotency({ clock });
  const offers = createOffers({ db, clock, settings });
  const guardians = createGuardians({ db, clock });
  const availability = createAvailability({
    ...{ db, clock, audit, settings, idempotency, guardians },
    memory: { recall: (_topic, _key, _holds, load) => load() },
    passOn: offers.passOn,
  });
  const appointments = createAppointments({
    updates: {} as never,
    db,
    mayLag: primaryOnly(db),
    clock,
    audit,
    settings,
    idempotency,
    obtaining: availability.obtaining,
    reach: availability.reach,
    hasEnded: () => false,
    reached: async () => new Set(),
    guardians,
  });
  const notifications = createNotifications({
    db,
    clock,
    log: silentLog,
    default_locale: 'en',
    secrets: [SECRET],
    public_url: 'https://clinic.uz',
    reminders: [
      { name: '24h', minutes: 24 * 60 },
      { name: '2h', minutes: 2 * 60 },
    ],
    remind_doctor_hours: 24,
    message_attempts: 4,
    channels: { timeout: 30_000 },
    cancelling: appointments.cancelling,
    alternatives: availability.alternatives,
    guardians,
    audit: { record: async () => {}, recordRead: async () => {} },
    ...options,
  });
  const readers = createReaders({
    db,
    log: silentLog,
    readers: [notifications.reader],
    event_retention_days: 30,
  });
  let serial = 0;

  async function person(role: Role, fields: PersonFields = {}): Promise<number> {
    serial += 1;
    const { first_name = null, last_name = null, locale = 'uz', email = null, phone = null, chat } = fields;
    const id = await one<number>(
      db,
      `insert into users (username, password_hash, role, first_name, last_name, locale, email, phone,
         email_verified_at, phone_verified_at)
       values ($1, 'x', $2, $3, $4, $5, $6, $7, case when $8 then now() end, case when $9 then now() end)
       returning id as value`,
      [
        `${role}.${serial}`,
        role,
        first_name,
        last_name,
        locale,
        email,
        phone,
        fields.email_verified === true,
        fields.phone_verified === true,
      ],
    );
    if (role !== 'admin') await db.$client.query(`insert into ${role}_profiles (id) values ($1)`, [id]);
    if (chat !== undefined)
      await db.$client.query('insert into telegram_chats (user_id, chat_id) values ($1, $2)', [id, chat]);
    return id;
  }

  /** A booked visit; the database's trigger notes its event. */
  async function visit(
    doctor: number,
    patient: number,
    { date = '2030-03-12', time = '10:00', booked_by = patient } = {},
  ): Promise<number> {
    const slot = await one<number>(
      db,
      `insert into timeslots (doctor_id, date, start_time, end_time)
       values ($1, $2, $3::time, $3::time + interval '30 min') returning id as value`,
      [doctor, date, time],
    );
    return one<number>(
      db,
      `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $2, id, date, start_time, end_time, $3 from timeslots where id = $1 returning id as value`,
      [slot, patient, booked_by],
    );
  }

  async function change(
    appointment: number,
    status: 'confirmed' | 'cancelled',
    by?: number,
    reason?: string,
  ) {
    await db.$client.query(
      `update appointments set status = $2::appointment_status,
         cancelled_by = case when $2 = 'cancelled' then $3::int end, cancel_reason = $4
       where id = $1`,
      [appointment, status, by ?? null, reason ?? null],
    );
  }

  return {
    db,
    url,
    clock,
    notifications,
    appointments,
    person,
    visit,
    change,
    drain: (options?: { retries?: boolean }) =>
      drainJobs(
        db,
        clock,
        { ...notifications.jobs.tasks, offer_waitlist: offers.offer },
        { ...options, readers },
      ),
    tell: (message: Message) => transaction(db, (tx) => notifications.telling.enqueue(tx, message)),
    rows: async <Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
      (await db.$client.query(text, values)).rows as Row[],
    async close() {
      notifications.close();
      await close();
    },
  };
}

/**
 * Reads the log, and runs every job that is due by the test's clock, and those they add. A repeated attempt, which is planned by the
 * database's clock, is run with `retries`, once.
 */
export async function drainJobs(
  db: Db,
  clock: TestClock,
  tasks: TaskList,
  { retries = false, readers }: { retries?: boolean; readers?: Pick<Readers, 'drain'> } = {},
): Promise<void> {
  for (let first = true; ; first = false) {
    await readers?.drain();
    await db.$client.query(
      `select graphile_worker.reschedule_jobs(array(
         select id from graphile_worker.jobs
         where run_at > now() and run_at <= $1 and (run_at > now() + interval '30 days' or $2)), now())`,
      [clock.now(), retries && first],
    );
    const due = await one<number>(
      db,
      `select count(*)::int as value from graphile_worker.jobs
       where run_at <= now() and locked_at is null and attempts < max_attempts`,
    );
    if (due === 0) return;
    await runOnce({
      pgPool: db.$client,
      taskList: tasks,
      noHandleSignals: true,
      logger: new Logger(() => () => {}),
    });
  }
}

export async function one<Value>(db: Db, text: string, values: unknown[] = []): Promise<Value> {
  const { rows } = await db.$client.query(text, values);
  return (rows[0] as { value: Value }).value;
}
