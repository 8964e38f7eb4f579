import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { BookOrder, Heard, HearOrder, Listener, ListenOrder } from './listeners.ts';
import { type Measured, measure, type Pace } from './measure.ts';
import { checkFiles, type Helper, memory, type Server, startHelper, startServer } from './processes.ts';
import { figure, median, percent, say, table } from './report.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import type { Site } from './site.ts';

/** What open live streams cost a process, and how soon they tell what happens. */

export interface StreamsOptions extends Pace {
  streams: number;
}

/** A booking may cost so much more with them, beyond what two runs without them differ by. */
const DEARER = 0.05;
/** ms, of the slowest hundredth of bookings: until the last has heard of it who should. */
const SLOW = 300;
/** MB that 2,000 streams may take. */
const HEAVY = 60;
const MANY = 2_000;

const CONNECTIONS = 16;
/** ms after which memory is looked at. */
const SETTLED = 3_000;
/** One booking alone in so many ms, for five measurements’ time. */
const PAUSE = 100;
const LONG = 5;
/** Of a clinic’s streams, how many are of desks, and of doctors at most; a person has five at most. */
const DESKS = 0.005;
const DOCTORS = 0.1;
const EACH = 5;

const audiences = ['a clinic', 'desks alone'] as const;
type Audience = (typeof audiences)[number];

/** What was measured of one process, with streams or without. */
interface Turn {
  before: number;
  open: number;
  alone?: Heard;
  loaded?: Heard;
  cost?: Measured | undefined;
}

/** @returns what open streams cost, and how soon they tell of a booking, as Markdown */
export async function streams(load: Helper, site: Site, options: StreamsOptions): Promise<string> {
  const { streams: count, rounds, seconds } = options;
  // One address may have half of them.
  checkFiles(2 * (count + CONNECTIONS));
  const { book } = scenarios;
  if (!book) throw new Error('there is nothing to book');
  const kinds = ['none', 'none again', ...audiences] as const;
  const turns = new Map<(typeof kinds)[number], Turn[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round += 1)
    // Each is first and last in its turn: whatever drifts in the machine meets all alike.
    for (const kind of round % 2 ? [...kinds].reverse() : kinds) {
      say(`  ${count} streams: ${kind}, round ${round + 1}`);
      const audience = audiences.find((one) => one === kind);
      turns
        .get(kind)
        ?.push(await turn(load, site, book, seconds, audience && listenersOf(site, audience, count)));
    }
  const of = (kind: (typeof kinds)[number]) => turns.get(kind) ?? [];
  return [
    explained(count, listenersOf(site, 'a clinic', count)),
    memoryTable(
      count,
      audiences.map((audience) => [audience, of(audience)]),
    ),
    costTable(of('none'), of('none again'), of('a clinic')),
    delayTable([
      ['a clinic, a booking now and then', of('a clinic').flatMap(({ alone }) => alone ?? [])],
      [
        `a clinic, ${CONNECTIONS} connections that book`,
        of('a clinic').flatMap(({ loaded }) => loaded ?? []),
      ],
      ['desks alone, a booking now and then', of('desks alone').flatMap(({ alone }) => alone ?? [])],
    ]),
  ].join('\n\n');
}

/** Whose the streams are: of doctors, patients and some desks, or of desks that all hear of every visit. */
function listenersOf({ size, world }: Site, audience: Audience, count: number): Listener[] {
  const some = (length: number, of: (nth: number) => Listener) => Array.from({ length }, (_, nth) => of(nth));
  const desk = (nth: number): Listener => ({
    person: world.staffId(Math.floor(nth / EACH)),
    role: 'receptionist',
  });
  if (audience === 'desks alone') return some(count, desk);
  const desks = Math.ceil(count * DESKS);
  const doctors = Math.min(size.doctors, Math.floor(count * DOCTORS));
  return [
    ...some(desks, desk),
    ...some(doctors, (nth) => ({ person: world.doctorId(nth), role: 'doctor' })),
    ...some(count - desks - doctors, (nth) => ({ person: world.patientId(nth), role: 'patient' })),
  ];
}

/** A process of its own for each turn: what another one has learned or remembers is not in it. */
async function turn(
  load: Helper,
  site: Site,
  book: Scenario,
  seconds: number,
  listeners: Listener[] | undefined,
): Promise<Turn> {
  const server = await startServer({ env: site.env, log: `${site.log}.streams` });
  const helper = listeners && startHelper('listeners.ts');
  const bookings = (after?: () => Promise<void>) =>
    measure(load, book, [{ name: 'API', site, server, after }], CONNECTIONS, { rounds: 1, seconds });
  await bookings();
  const turned: Turn = { before: 0, open: 0 };
  if (helper && listeners) {
    await sleep(SETTLED);
    turned.before = memory(server.pid);
    await helper.ask({ base: server.base, secret: site.secret, listeners } satisfies ListenOrder);
    await sleep(SETTLED);
    turned.open = memory(server.pid);
    turned.alone = await bookAlone(helper, site, server, seconds);
  }
  const hearsAll = listeners?.every(({ role }) => role === 'receptionist');
  if (!hearsAll) {
    const [cost] = await bookings(async () => {
      const order: HearOrder = { bookings: await countBooked(site) };
      if (helper) turned.loaded = await helper.ask<Heard>(order);
    });
    turned.cost = cost;
  }
  await helper?.stop();
  await server.stop();
  return turned;
}

async function bookAlone(helper: Helper, site: Site, server: Server, seconds: number): Promise<Heard> {
  const count = Math.ceil((seconds * LONG * 1_000) / PAUSE);
  const order: BookOrder = { bookings: site.stock.book().slice(0, count), pause: PAUSE };
  const heard = await helper.ask<Heard>(order);
  await site.reset();
  server.forgetLog();
  return heard;
}

async function countBooked({ database_url, world }: Site): Promise<number> {
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from appointments where id > $1',
    [world.appointments],
  );
  await client.end();
  return rows[0]?.count ?? 0;
}

function memoryTable(count: number, of: [Audience, Turn[]][]): string {
  const rows = of.map(([audience, turns]) => {
    const [before, open] = [median(turns.map((one) => one.before)), median(turns.map((one) => one.open))];
    const each = (open - before) / count;
    return [
      `all of ${audience}`,
      ...[before, open, open - before, each * 1_024].map(figure),
      verdict(each * MANY < HEAVY),
    ];
  });
  const limit = `${HEAVY} MB for ${MANY.toLocaleString('en-US')}`;
  return table(['streams', 'MB without', 'MB with', 'MB', 'kB each', limit], rows);
}

function costTable(none: readonly Turn[], again: readonly Turn[], open: readonly Turn[]): string {
  const of = (turns: readonly Turn[], one: (cost: Measured) => number) =>
    median(turns.flatMap(({ cost }) => (cost ? one(cost) : [])));
  const spent = ({ server_us, database_us }: Measured) => server_us + database_us;
  const ratio = (turns: readonly Turn[]) => of(turns, spent) / of(none, spent);
  const spread = Math.abs(ratio(again) - 1);
  const row = (title: string, turns: readonly Turn[], last: string[]) => [
    title,
    ...[
      of(turns, ({ rate }) => rate),
      of(turns, ({ p50 }) => p50),
      of(turns, ({ p99 }) => p99),
      of(turns, ({ server_us }) => server_us),
      of(turns, ({ database_us }) => database_us),
    ].map(figure),
    ...last,
  ];
  const head = ['streams', 'bookings/s', 'p50 ms', 'p99 ms', 'server µs', 'database µs', 'µs of without'];
  return table(
    [...head, `at most ${percent(DEARER)} beyond the spread`],
    [
      row('none', none, ['', '']),
      row('none again', again, [`${figure(ratio(again))} ×`, '']),
      row('all of a clinic', open, [`${figure(ratio(open))} ×`, verdict(ratio(open) - 1 <= spread + DEARER)]),
    ],
  );
}

function delayTable(of: [string, Heard[]][]): string {
  const rows = of.map(([title, heard]) => {
    const waits = heard.flatMap((one) => one.waits).sort((one, other) => one - other);
    const part = (share: number) => waits[Math.floor(waits.length * share)] ?? Number.NaN;
    return [
      title,
      waits.length.toLocaleString('en-US'),
      figure(median(heard.map(({ listeners }) => listeners))),
      figure(part(0.5)),
      figure(part(0.99)),
      percent(median(heard.map(({ busy }) => busy))),
      verdict(part(0.99) <= SLOW),
    ];
  });
  const head = ['streams', 'bookings', 'heard by', 'p50 ms', 'p99 ms', 'listeners’ core', `p99 ${SLOW} ms`];
  return table(head, rows);
}

const verdict = (holds: boolean) => (holds ? 'yes' : 'NO');

function explained(count: number, clinic: readonly Listener[]): string {
  const by = (role: Listener['role']) =>
    clinic.filter((one) => one.role === role).length.toLocaleString('en-US');
  return `${count.toLocaleString('en-US')} streams at one process, whose reader is another one. Those of *a clinic* are of ${by('patient')} patients, ${by('doctor')} doctors and
${by('receptionist')} receptionists, who hear of every visit; *desks alone* are receptionists only, so that everybody hears of everything. Each
round measures fresh processes: booking at ${CONNECTIONS} connections without streams, once more without, and with those of a
clinic; µs are of processor time for a booking. *Heard* is from the beginning of a booking’s transaction, which is a little
before its commit, until the last stream has read of it; of each booking every stream had to hear that should.`;
}
