import autocannon from 'autocannon';
import { answerOrders, childrenOf, memory, processorTime } from './processes.ts';
import { type Part, type TokenKeys, writeOut } from './wire.ts';

/** The load generator, in a process of its own. It sends what it is told to and counts what comes back. */

export interface LoadOrder {
  base: string;
  secret: string;
  /** Who signs the tokens in place of the secret. */
  token_keys?: TokenKeys | undefined;
  parts: Part[];
  connections: number;
  /** Seconds that are not counted, then those that are. With `amount` the first answer of each connection is not. */
  warm: number;
  seconds: number;
  /** So many requests in all instead of a time. */
  amount?: number | undefined;
  /** The process that answers, and its database's postmaster. */
  server: number;
  database: number;
}

export interface LoadResult {
  /** Of the counted time: requests a second, latencies in ms, bytes of an answer with its headers. */
  rate: number;
  p50: number;
  p95: number;
  p99: number;
  bytes: number;
  /** Microseconds of processor time for each request, in the server and in its database. */
  server_us: number;
  database_us: number;
  /** MB, at the end. */
  memory: number;
  /** Answers by status, and connections that broke or timed out: of the whole run, warming up included. */
  statuses: Record<string, number>;
  broken: number;
}

/** What there is to reach within autocannon's client: both are how it steers itself. */
interface Client {
  responseMax: number;
  getRequestBuffer: () => Buffer;
}

const median = (sorted: Float64Array, part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** What those processes have used that were there all the time; connections are opened while it warms up. */
const spent = (before: Map<number, number>, after: Map<number, number>) =>
  [...after].reduce((sum, [pid, time]) => sum + time - (before.get(pid) ?? time), 0);

function run(order: LoadOrder): Promise<LoadResult> {
  const next = writeOut(order.parts, new URL(order.base).host, order.secret, order.token_keys);
  const clients: Client[] = [];
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const used = () => ({
    at: performance.now(),
    server: processorTime(order.server),
    database: new Map(childrenOf(order.database).map((pid) => [pid, processorTime(pid)])),
  });
  let answers = 0;
  let bytes = 0;
  let broken = 0;
  let began: ReturnType<typeof used> | undefined;
  let ended: ReturnType<typeof used> | undefined;
  let last: Buffer | undefined;
  /** The time is over. A machine so busy that not every connection had an answer is waited for: no answer is no figure. */
  let isOver = false;

  const finishWhenAnswered = () => {
    if (isOver && latencies.length >= order.connections) finish();
  };

  /** Counting is over. Each connection ends with the answer it is waiting for: nothing is left half done. */
  const finish = () => {
    ended ??= used();
    for (const client of clients) client.responseMax = 1;
  };

  return new Promise((done, failed) => {
    const instance = autocannon(
      {
        url: order.base,
        connections: order.connections,
        timeout: 60,
        sampleInt: 50,
        ...(order.amount === undefined ? { duration: 3_600 } : { amount: order.amount }),
        setupClient: (made) => {
          const client = made as unknown as Client;
          clients.push(client);
          client.getRequestBuffer = () => {
            const buffer = next();
            if (!buffer) finish();
            last = buffer ?? last;
            return last ?? Buffer.alloc(0);
          };
        },
      },
      (error) => {
        clearTimeout(timer);
        if (error || !began) return failed(error ?? new Error('the requests ran out while it warmed up'));
        const end = ended ?? used();
        const start = began;
        const sorted = Float64Array.from(latencies).sort();
        const count = Math.max(1, sorted.length);
        done({
          rate: (sorted.length * 1_000) / Math.max(1, end.at - start.at),
          p50: median(sorted, 0.5),
          p95: median(sorted, 0.95),
          p99: median(sorted, 0.99),
          bytes: bytes / count,
          server_us: (end.server - start.server) / count,
          database_us: spent(start.database, end.database) / count,
          memory: memory(order.server),
          statuses,
          broken,
        });
      },
    );
    let timer: NodeJS.Timeout | undefined;
    if (order.amount === undefined)
      timer = setTimeout(() => {
        began = used();
        timer = setTimeout(() => {
          isOver = true;
          finishWhenAnswered();
        }, order.seconds * 1_000);
      }, order.warm * 1_000);
    instance.on('response', (_client, status, size, ms) => {
      // Once the requests have run out, the last one may have been sent again.
      if (ended) return;
      statuses[status] = (statuses[status] ?? 0) + 1;
      answers += 1;
      if (order.amount !== undefined && answers === order.connections) began = used();
      if (!began) return;
      latencies.push(ms);
      bytes += size;
      finishWhenAnswered();
    });
    instance.on('reqError', () => {
      broken += 1;
    });
  });
}

answerOrders(run);
