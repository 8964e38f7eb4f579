import { cost, type Measured, measure, type Pace, type Target } from './measure.ts';
import type { Helper } from './processes.ts';
import { figure, percent, say, table } from './report.ts';
import type { Scenario } from './scenarios.ts';
import type { Site } from './site.ts';
import { type Ask, tokenFor } from './wire.ts';

const CONNECTIONS = 16;
/** So many addresses in a circle, as of clients that look at them again and again. */
const POLLED = 100;

const ways = { whole: 'without a tag (200)', again: 'with If-None-Match (304)' } as const;
type Way = keyof typeof ways;

/** @returns what it costs to ask again for what one has already, as Markdown */
export async function polling(load: Helper, site: Site, pace: Pace): Promise<string> {
  const rows: string[][] = [];
  for (const [title, asks] of [
    ['doctors’ list', site.stock.doctors()],
    ['free slots of a day', site.stock.slots()],
    ['an appointment', site.stock.cancel().map(reading)],
  ] as const) {
    say(`  polling: ${title}`);
    const whole = asks.slice(0, POLLED);
    const again = await Promise.all(whole.map((ask) => known(site, ask)));
    const scenario: Scenario = {
      title,
      limits: [],
      expected: [200, 304],
      writes: false,
      parts: () => [],
    };
    /** The same server for both, in turns; only what it is asked differs. */
    const target = (name: Way, asks: Ask[]): Target => ({ name, site, server: site.api, asks });
    const measured = await measure(
      load,
      scenario,
      [target('whole', whole), target('again', again)],
      CONNECTIONS,
      pace,
    );
    rows.push(...rowsOf(title, measured));
  }
  return `${EXPLAINED}\n\n${table(['', 'asked', 'requests/s', 'p99 ms', 'bytes', 'µs', 'of the whole'], rows)}`;
}

/** Made of a cancellation: whoever may cancel a visit may see it. */
const reading = (ask: Ask): Ask => ({ ...ask, method: 'GET' });

/** The same request of somebody who keeps its answer. @throws Error when that is sent again all the same */
async function known({ api, secret }: Site, ask: Ask): Promise<Ask> {
  const url = `${api.base}${ask.path}`;
  const headers = { authorization: `Bearer ${tokenFor(ask.person ?? 0, secret)}` };
  const first = await fetch(url, { headers });
  await first.arrayBuffer();
  const etag = first.headers.get('etag') ?? '';
  const second = await fetch(url, { headers: { ...headers, 'if-none-match': etag } });
  await second.arrayBuffer();
  if (second.status !== 304) throw new Error(`${ask.path} answers ${second.status} to whoever has ${etag}`);
  return { ...ask, known: etag };
}

function rowsOf(title: string, measured: Measured[]): string[][] {
  const whole = measured.find(({ target }) => target === 'whole');
  return measured.map((one) => [
    title,
    ways[one.target as Way],
    figure(one.rate),
    figure(one.p99),
    figure(one.bytes),
    figure(cost(one)),
    whole ? percent(cost(one) / cost(whole)) : '',
  ]);
}

const EXPLAINED = `The same ${POLLED} addresses in a circle at ${CONNECTIONS} connections, by turns: as a client asks that keeps nothing, and as one that has the
answer and asks whether it still holds. µs are the processor time of the server and its database for a request.`;
