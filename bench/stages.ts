import Fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import { createClock } from '../src/core/clock.ts';
import { openSigningKeys } from '../src/core/signing-keys.ts';
import { openDatabase } from '../src/db/client.ts';
import { idParams } from '../src/http/fields.ts';
import { authentication, signInRequired } from '../src/http/hooks/authentication.ts';
import { strictJson } from '../src/http/hooks/json.ts';
import { loggerOptions, logging } from '../src/http/hooks/logging.ts';
import { serializerCompiler, validatorCompiler } from '../src/http/zod.ts';
import { appointment } from '../src/modules/appointments/appointments.schemas.ts';
import { insertAppointment } from '../src/modules/appointments/booking/booking.repository.ts';
import { newAppointment } from '../src/modules/appointments/booking/booking.schemas.ts';
import { boundsFor, OPEN_POLICY } from '../src/modules/availability/policy.rules.ts';
import { listFree } from '../src/modules/timeslots/free.repository.ts';
import { freeSlotFilters, timeslotPage } from '../src/modules/timeslots/timeslots.schemas.ts';
import { answerOrders } from './processes.ts';
import { filled, inputsOf, type Route } from './routes.ts';
import type { TokenKeys } from './wire.ts';

/** The anatomy's server: bare Fastify to which the API's own stages are added one after the other. */

/** In this order, each with all before it. */
export const stages = [
  'http',
  'token',
  'validation',
  'serialization',
  'logging',
  'driver',
  'repository',
] as const;
export type Stage = (typeof stages)[number];

export interface StageOrder {
  stage: Stage;
  database_url: string;
  pool_max: number;
  secret: string;
  /** By which tokens are signed in place of the secret. */
  token_keys?: TokenKeys;
  routes: { slots: Route; book: Route };
}

let asked = { count: 0, ms: 0 };

/** An order starts it; `null` asks for how long a statement took on average since it was asked last, in µs. */
async function answer(order: StageOrder | null): Promise<string | number> {
  if (order) return start(order);
  const mean = (asked.ms * 1_000) / Math.max(1, asked.count);
  asked = { count: 0, ms: 0 };
  return mean;
}

async function start({
  stage,
  database_url,
  pool_max,
  secret,
  token_keys,
  routes,
}: StageOrder): Promise<string> {
  const has = (one: Stage) => stages.indexOf(one) <= stages.indexOf(stage);
  const app: FastifyInstance = Fastify({
    routerOptions: { ignoreTrailingSlash: true },
    logger: has('logging') && loggerOptions('info'),
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  if (has('token')) {
    await app.register(authentication, {
      secrets: [secret],
      access_token_minutes: 15,
      signing: token_keys && signingBy(token_keys),
    });
    await app.register(signInRequired, { isEnded: () => false });
  }
  if (has('validation')) await app.register(strictJson);
  if (has('logging')) await app.register(logging);
  const db = openDatabase({ url: database_url, pool_max });
  const clock = createClock('Asia/Tashkent');

  async function runStatement({ statements: [statement] }: Route, inputs: Record<string, unknown>) {
    if (!statement) return;
    const before = performance.now();
    await db.$client.query(filled(statement, inputs));
    asked.ms += performance.now() - before;
    asked.count += 1;
  }
  const config = has('token') ? { access: ['patient'] as const } : {};
  /** Without the stage that serializes, the answer is text already. */
  const send = (reply: FastifyReply, { status, answer }: Route, text: string) =>
    has('serialization')
      ? reply.code(status).send(answer)
      : reply.code(status).type('application/json; charset=utf-8').send(text);

  const { slots, book } = routes;
  const [slots_text, book_text] = [JSON.stringify(slots.answer), JSON.stringify(book.answer)];
  app.get(slots.url, {
    config,
    schema: {
      ...(has('validation') && { params: idParams('', 1), querystring: freeSlotFilters }),
      ...(has('serialization') && { response: { 200: timeslotPage } }),
    },
    async handler({ params, query }, reply) {
      const inputs = inputsOf({ params, query });
      if (has('repository')) {
        const { id, date } = inputs as { id: number; date: string };
        const bounds = boundsFor('patient', OPEN_POLICY, clock);
        const { rows, count } = await listFree(db, id, { from: date, to: date }, bounds, {
          page: 1,
          page_size: 20,
        });
        return { count, next: null, previous: null, results: rows };
      }
      if (has('driver')) await runStatement(slots, inputs);
      return send(reply, slots, slots_text);
    },
  });
  app.post(book.url, {
    config,
    schema: {
      ...(has('validation') && { body: newAppointment }),
      ...(has('serialization') && { response: { 201: appointment } }),
    },
    async handler({ body, headers }, reply) {
      const person = Number(headers['x-person']);
      if (has('repository')) {
        const { timeslot } = body as { timeslot: number };
        const booking = { timeslot, patient: person, booked_by: person, status: 'pending' as const };
        const bounds = boundsFor('patient', OPEN_POLICY, clock);
        return reply.code(201).send(await insertAppointment(db, booking, bounds));
      }
      if (has('driver')) await runStatement(book, inputsOf({ body, person }));
      return send(reply, book, book_text);
    },
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const signingBy = ({ file, issuer }: TokenKeys) => ({
  keys: openSigningKeys(file, 900_000, Date.now),
  issuer,
  audience: issuer,
  since: async () => 0,
});

answerOrders(answer);
