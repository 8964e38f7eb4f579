import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { createDispatch } from '../../src/modules/webhooks/index.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, type TestClock, testApp, testConfig } from '../helpers/app.ts';
import { type Answering, startReceiver } from '../helpers/receiver.ts';

/** A delivery, as admins see it. */
interface Delivery {
  id: number;
  message_id: string;
  status: string;
  attempts: number;
  response_status: number | null;
  error: string | null;
}

/**
 * A clinic for the tests of one file, whose log is read and sent when a test says so. It goes by the system's own clock:
 * receivers refuse what was signed long ago.
 */
export function hearingClinic(config: Partial<typeof testConfig> = {}) {
  const clock = createClock('Asia/Tashkent') as TestClock;
  let clinic: TestApp;
  let people: Record<'admin' | 'doctor' | 'patient', Person>;
  let modules: ReturnType<typeof createModules>;
  let day = 0;

  beforeAll(async () => {
    clinic = await testApp({ clock, config });
    people = {
      admin: await clinic.person('admin'),
      doctor: await clinic.person('doctor'),
      patient: await clinic.person('patient'),
    };
    modules = createModules({ db: clinic.db, clock, log: silentLog, config: { ...testConfig, ...config } });
    await modules.events.drain();
  });
  afterAll(() => clinic.close());

  const admin = () => clinic.as(people.admin);
  const tomorrow = () => {
    day += 1;
    return new Date(Date.now() + (day + 1) * 86_400_000).toISOString().slice(0, 10);
  };

  /** Adds an endpoint, which is removed with the end of the test. */
  async function endpoint(url: string, fields: object = {}): Promise<{ id: number; secret: string }> {
    const { body } = await admin()
      .post('/webhooks/', { url, ...fields })
      .expect(201);
    onTestFinished(async () => {
      await admin().delete(`/webhooks/${body.id}/`);
    });
    return { id: body.id, secret: body.secret };
  }

  /** Sends what is due by these settings in place of the clinic's own. */
  function dispatchWith(settings: Partial<Parameters<typeof createDispatch>[0]>) {
    const { sealer, notifications } = modules;
    return createDispatch({
      ...{ db: clinic.db, clock, log: silentLog, sealer, telling: notifications.telling },
      webhook_allow_private: true,
      ...settings,
    });
  }

  return {
    clock,
    get clinic() {
      return clinic;
    },
    get people() {
      return people;
    },
    get modules() {
      return modules;
    },
    admin,
    endpoint,
    dispatchWith,
    /** A receiver with an endpoint of its own. @param answer as 204 by default */
    async hear(answer?: Answering, fields: object = {}) {
      const receiver = await startReceiver(answer);
      onTestFinished(() => receiver.close());
      return { ...receiver, ...(await endpoint(receiver.url, fields)) };
    },
    book: async (patient = people.patient) =>
      clinic.book(patient, await clinic.slot(people.doctor, { date: tomorrow() })),
    /** Reads the log and sends what is due. */
    async send(): Promise<void> {
      await modules.events.drain();
      await modules.dispatch.drain();
    },
    /** Everything that waits is due now. */
    hurry: () =>
      clinic.db.$client.query(`
        update webhook_deliveries set due_at = now() where status = 'pending';
        update webhook_endpoints set paused_until = null`),
    deliveriesOf: async (id: number, query = ''): Promise<Delivery[]> =>
      (await admin().get(`/webhooks/${id}/deliveries/${query}`).expect(200)).body.results,
  };
}
