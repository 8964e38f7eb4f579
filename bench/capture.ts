import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { buildApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { createClock } from '../src/core/clock.ts';
import { openDatabase } from '../src/db/client.ts';
import { inputsOf, type Route, type Value } from './routes.ts';
import { type Ask, tokenFor } from './wire.ts';

/** What the API itself sends to the database for a request: the floor runs the very same, so the two cannot drift. */

/** Two requests of one kind that differ in everything that comes from the request. */
export interface Example {
  url: string;
  asks: [Ask, Ask];
}

interface Sent {
  text: string;
  values: unknown[];
}

/** Stands in the driver's own way, where no ORM and no pool can hide a statement. */
function watch() {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  const sent: Sent[] = [];
  prototype.query = function (this: unknown, ...args) {
    const [statement, values] = args as [string | { text: string; values?: unknown[] }, unknown[]?];
    if (typeof statement === 'string') sent.push({ text: statement, values: values ?? [] });
    else sent.push({ text: statement.text, values: statement.values ?? values ?? [] });
    return query.apply(this, args);
  };
  return { sent, restore: () => Object.assign(prototype, { query }) };
}

/** The inputs of a request that was not received but made up. */
function inputsOfAsk(url: string, { path, body, person }: Ask): Record<string, unknown> {
  const asked = new URL(path, 'http://localhost');
  const parts = asked.pathname.split('/');
  const params = url
    .split('/')
    .flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), parts[index]]] : []));
  return inputsOf({
    params: Object.fromEntries(params),
    query: Object.fromEntries(asked.searchParams),
    body,
    person,
  });
}

/**
 * Asks the API itself, in this process, each example twice.
 * @throws Error when an answer is not a success
 */
export async function captureRoutes(
  database_url: string,
  secret: string,
  examples: Record<string, Example>,
): Promise<Record<string, Route>> {
  const config = loadConfig({
    NODE_ENV: 'production',
    DATABASE_URL: database_url,
    JWT_SECRET: secret,
    RATE_LIMIT: 'off',
    // What is answered from memory sends nothing.
    ANSWERS_REMEMBERED: '0',
  });
  const db = openDatabase({ url: database_url, pool_max: 1 });
  const clock = createClock(config.timezone);
  const log_stream = { write: () => {} };
  const app = await buildApp({
    db,
    clock,
    config: { ...config, database_url, jwt_secret: secret },
    log_stream,
  });
  await app.ready();
  const watched = watch();

  async function askOne({ method, path, person, body }: Ask) {
    const headers = person === undefined ? {} : { authorization: `Bearer ${tokenFor(person, secret)}` };
    watched.sent.length = 0;
    const answer = await app.inject({ method, url: path, headers, ...(body && { payload: body }) });
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path} answers ${answer.statusCode}: ${answer.body}`);
    return {
      status: answer.statusCode,
      answer: answer.body ? answer.json() : undefined,
      sent: [...watched.sent],
    };
  }

  try {
    const routes: Record<string, Route> = {};
    // Until its link to the database stands, each request asks after its session.
    const reading = Object.values(examples)
      .map(({ asks: [first] }) => first)
      .find(({ method }) => method === 'GET');
    const asksForSession = async (ask: Ask) =>
      (await askOne(ask)).sent.some(({ text }) => /\bsessions\b/.test(text));
    while (reading && (await asksForSession(reading))) await sleep(20);
    for (const [name, { url, asks }] of Object.entries(examples)) {
      const [first, second] = [await askOne(asks[0]), await askOne(asks[1])];
      const inputs = [inputsOfAsk(url, asks[0]), inputsOfAsk(url, asks[1])] as const;
      const statements = pairs(first.sent, second.sent).map(([{ text, values }, other], index) => ({
        name: `${name}-${index}`,
        text,
        values: values.map((value, at) => cause(inputs, value, other.values[at])),
      }));
      routes[name] = { method: asks[0].method, url, status: first.status, answer: first.answer, statements };
    }
    return routes;
  } finally {
    watched.restore();
    await app.close();
    await db.$client.end();
  }
}

/** What both requests sent. What only one did is of the background, which hears of what the other wrote. */
function pairs(first: readonly Sent[], second: readonly Sent[]): [Sent, Sent][] {
  const left = [...second];
  return first.flatMap((one) => {
    const at = left.findIndex(({ text }) => text === one.text);
    return at < 0 ? [] : [[one, ...left.splice(at, 1)] as [Sent, Sent]];
  });
}

/** Which input a value comes from: the one it equals in both requests, though the two differ in it. */
function cause(
  inputs: readonly [Record<string, unknown>, Record<string, unknown>],
  one: unknown,
  other: unknown,
): Value {
  if (Array.isArray(one) && Array.isArray(other))
    return { list: one.map((item, at) => cause(inputs, item, other[at])) };
  const [first, second] = inputs;
  const same = (a: unknown, b: unknown) => a !== undefined && String(a) === String(b);
  const from = Object.keys(first).find(
    (name) => first[name] !== second[name] && same(first[name], one) && same(second[name], other),
  );
  return from === undefined ? { fixed: one } : { from };
}
