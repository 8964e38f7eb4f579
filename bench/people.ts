import { connect, type Socket } from 'node:net';
import { answerOrders } from './processes.ts';
import { type Part, writeOut } from './wire.ts';

/** A crowd: people who each keep a connection open, ask for something, think, and ask again. A process of its own. */

export interface CrowdOrder {
  base: string;
  secret: string;
  parts: Part[];
  people: number;
}

/** So long they all do the same. */
export interface PhaseOrder {
  /** Seconds between an answer and the next request, at least and at most. */
  think: [number, number];
  seconds: number;
}

export interface Phase {
  /** Requests a second, and those of them that were not refused. */
  asked: number;
  done: number;
  /** Of those that were not refused, in ms. */
  p50: number;
  p95: number;
  p99: number;
  /** The slowest hundredth of the refusals, in ms. */
  refusal: number;
  /** Answers by status. */
  statuses: Record<string, number>;
  /** Refusals that say when to come again. */
  retry_after: number;
  /** Connections that broke, or were silent for longer than a person waits. */
  broken: number;
  /** Of each second, the slowest hundredth of what was not refused, in ms, and how many were. */
  seconds: { p99: number; refused: number }[];
  /** How much of a core the people themselves took, from 0 to 1. */
  busy: number;
}

const PATIENCE = 30_000;
/** Soon enough for a server that closes what has connected and says nothing for half a minute. */
const FIRST = 15_000;
/** New connections a second: more at once than the machine takes up are dropped before the server sees them. */
const ARRIVALS = 500;

let next: () => Buffer | undefined = () => undefined;
let target = { host: '', port: 0 };
let think: [number, number] = [Number.POSITIVE_INFINITY, 0];
let answers: { at: number; ms: number; refused: boolean }[] = [];
let statuses: Record<string, number> = {};
let retry_after = 0;
let broken = 0;
const people: { wake: () => void }[] = [];

const pause = () => (think[0] + Math.random() * (think[1] - think[0])) * 1_000;

/** Opens a connection and lives on it; resolves once it stands. */
function join(): Promise<void> {
  let socket: Socket;
  let sent = 0;
  let received = '';
  let timer: NodeJS.Timeout | undefined;
  let request: Buffer | undefined;
  let refused = false;

  const ask = () => {
    // Whoever is refused wants the same again.
    if (!refused) request = next();
    if (!request) throw new Error('the bookings and visits have run out');
    sent = performance.now();
    received = '';
    timer = setTimeout(() => socket.destroy(), PATIENCE);
    socket.write(request);
  };
  const rest = () => {
    clearTimeout(timer);
    sent = 0;
    // Nobody thinks for ever: they wait to be woken for the first phase.
    if (Number.isFinite(think[0])) timer = setTimeout(ask, pause());
  };
  /** Whoever thinks already does so as they all do from now on; they are somewhere in the midst of it. */
  const wake = () => {
    if (sent > 0 || socket.readyState !== 'open') return;
    clearTimeout(timer);
    timer = setTimeout(ask, Math.random() * Math.min(think[1] * 1_000, FIRST));
  };
  const onData = (text: string) => {
    received += text;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
    // The socket reads latin1, so that a character is a byte.
    if (received.length < end + 4 + length) return;
    const status = received.slice(9, 12);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (/\r\nretry-after:/i.test(received.slice(0, end + 2))) retry_after += 1;
    refused = status === '503';
    const now = performance.now();
    answers.push({ at: now, ms: now - sent, refused });
    rest();
  };

  return new Promise((stands) => {
    const open = () => {
      socket = connect(target);
      socket.setNoDelay(true).setEncoding('latin1').on('data', onData);
      socket.on('error', () => {});
      socket.once('connect', () => {
        stands();
        rest();
      });
      socket.once('close', () => {
        clearTimeout(timer);
        // An idle connection that the server closes has done no harm; one that owed an answer has.
        if (sent > 0 || socket.connecting) broken += 1;
        setTimeout(open, 1_000);
      });
    };
    people.push({ wake });
    open();
  });
}

async function gather({ base, secret, parts, people: count }: CrowdOrder): Promise<number> {
  const { hostname, port, host } = new URL(base);
  target = { host: hostname, port: Number(port) };
  next = writeOut(parts, host, secret);
  const joined: Promise<void>[] = [];
  for (let person = 0; person < count; person += 1) {
    joined.push(join());
    if (person % 50 === 49) await new Promise((done) => setTimeout(done, 50_000 / ARRIVALS));
  }
  await Promise.all(joined);
  return people.length;
}

async function phase(order: PhaseOrder): Promise<Phase> {
  const changed = think[1] !== order.think[1];
  think = order.think;
  if (changed) for (const person of people) person.wake();
  [answers, statuses, retry_after, broken] = [[], {}, 0, 0];
  const began = performance.now();
  const used = process.cpuUsage();
  await new Promise((done) => setTimeout(done, order.seconds * 1_000));
  const took = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(used);
  const done = answers.filter(({ refused }) => !refused);
  const [sorted, refusals] = [inOrder(done), inOrder(answers.filter(({ refused }) => refused))];
  const bySecond = Map.groupBy(answers, ({ at }) => Math.floor((at - began) / 1_000));
  const seconds = Array.from({ length: Math.floor(took) }, (_, second) => {
    const within = bySecond.get(second) ?? [];
    const accepted = within.filter(({ refused }) => !refused);
    return { p99: part(inOrder(accepted), 0.99), refused: within.length - accepted.length };
  });
  return {
    asked: answers.length / took,
    done: done.length / took,
    p50: part(sorted, 0.5),
    p95: part(sorted, 0.95),
    p99: part(sorted, 0.99),
    refusal: part(refusals, 0.99),
    statuses,
    retry_after,
    broken,
    seconds,
    busy: (user + system) / 1e6 / took,
  };
}

const inOrder = (of: { ms: number }[]) => Float64Array.from(of, ({ ms }) => ms).sort();
const part = (sorted: Float64Array, share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;

answerOrders(
  (order: CrowdOrder | PhaseOrder): Promise<unknown> => ('think' in order ? phase(order) : gather(order)),
);
