import { dirname, join } from 'node:path';
import { makeSigningKeys } from '../src/core/signing-keys.ts';
import { measure, type Pace, type Target } from './measure.ts';
import { type Helper, type Server, startHelper } from './processes.ts';
import { figure, say, table } from './report.ts';
import type { Scenario } from './scenarios.ts';
import { POOL_MAX, type Site } from './site.ts';
import type { Stage, StageOrder } from './stages.ts';
import type { TokenKeys } from './wire.ts';

const CONNECTIONS = 16;
/** Few enough to be known after the warming up. */
const KNOWN = 64;
/** More than a process remembers (20,000), in a circle: each comes again when it has been forgotten. */
const UNKNOWN = 22_000;

const words = {
  http: 'no token is looked at',
  shared: 'a shared secret (HS256)',
  curve: 'an elliptic curve (ES256)',
} as const;
type Kind = keyof typeof words;

/** @returns what checking an access token costs, known by its hash and for the first time, as Markdown */
export async function tokens(load: Helper, site: Site, pace: Pace): Promise<string> {
  const { slots, book } = site.routes;
  const [ask] = site.stock.slots();
  if (!slots || !book || !ask) throw new Error('there is nothing to ask for');
  const file = join(dirname(site.log), 'bench-token-keys.json');
  makeSigningKeys(file, 0);
  const token_keys: TokenKeys = { file, issuer: 'http://bench.localhost' };
  const helpers: Helper[] = [];

  async function target(kind: Kind): Promise<Target> {
    const stage: Stage = kind === 'http' ? 'http' : 'token';
    const helper = startHelper('stages.ts', join(dirname(site.log), `token-${kind}.log`));
    helpers.push(helper);
    const { database_url, secret } = site;
    const signed = kind === 'curve' ? { token_keys } : {};
    const routes = { slots, book } as StageOrder['routes'];
    const order: StageOrder = { stage, database_url, pool_max: POOL_MAX, secret, routes, ...signed };
    const base = await helper.ask<string>(order);
    const server: Server = { base, pid: helper.pid, stop: helper.stop, forgetLog: () => {} };
    return { name: kind, site, server, constant: true, ...signed };
  }
  const scenario = (people: number, title: string): Scenario => ({
    title,
    limits: [],
    expected: [200],
    writes: false,
    parts: () => [
      {
        weight: 1,
        once: false,
        asks: Array.from({ length: people }, (_, person) => ({ ...ask, person: person + 1 })),
      },
    ],
  });

  const targets = [await target('http'), await target('shared'), await target('curve')];
  const columns = [];
  for (const [people, title] of [
    [KNOWN, 'known'],
    [UNKNOWN, 'for the first time'],
  ] as const) {
    say(`  tokens ${title}`);
    columns.push(await measure(load, scenario(people, title), targets, CONNECTIONS, pace));
  }
  await Promise.all(helpers.map((helper) => helper.stop()));

  const [known = [], first = []] = columns;
  const of = (measured: typeof known, kind: Kind) => measured.find(({ target: name }) => name === kind);
  const rows = (Object.keys(words) as Kind[]).map((kind) => [
    words[kind],
    figure(of(known, kind)?.server_us),
    figure(of(known, kind)?.rate),
    figure(of(first, kind)?.server_us),
    figure(of(first, kind)?.rate),
  ]);
  const head = ['signed with', 'known: µs', 'requests/s', 'first time: µs', 'requests/s'];
  return `${EXPLAINED}\n\n${table(head, rows)}`;
}

const EXPLAINED = `The anatomy's stage *token* by itself, at ${CONNECTIONS} connections: bare Fastify that answers a constant text once the token is good.
Known are ${KNOWN} tokens that come again and again; ${UNKNOWN.toLocaleString('en-US')} in a circle are more than a process remembers, so that each is checked anew.
µs are the server's processor time for a request.`;
