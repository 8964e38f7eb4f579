import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../src/core/roles.ts';
import { answerOrders } from './processes.ts';
import { type Ask, tokenFor, writeOut } from './wire.ts';

/** Readers of live streams, who note when they hear of a booking. A process of its own, with plain sockets, so that it is cheap. */

export interface Listener {
  person: number;
  role: Role;
}

/** Opens a stream for each. */
export interface ListenOrder {
  base: string;
  secret: string;
  listeners: Listener[];
}

/** Books these one after the other, with so many milliseconds between two, on average. */
export interface BookOrder {
  bookings: Ask[];
  pause: number;
}

/** Waits until all have heard of so many bookings, which somebody else makes. */
export interface HearOrder {
  bookings: number;
}

export interface Heard {
  /** Of each booking, in ms: from the beginning of its transaction until the last had heard of it who should. */
  waits: number[];
  /** How many heard of one, on average. */
  listeners: number;
  /** How much of a core the listeners took themselves, from 0 to 1. */
  busy: number;
}

/** Streams that are opened at a time: a busy server takes long for a thousand, and closes what has waited for half a minute. */
const ARRIVING = 50;
/** Milliseconds after which, when nobody has heard anything, nobody will. */
const PATIENCE = 30_000;
const BOOKED =
  /"type":"appointment\.booked","timestamp":"([^"]+)","data":\{"object":"appointment","id":(\d+),"version":1,"status":"\w+","doctor":(\d+),"patient":(\d+)/g;

let target = { host: '', port: 0 };
let secret = '';
/** How many streams doctors and patients have, by their id, and how many hear of every booking. */
const own = new Map<number, number>();
let desks = 0;
/** Who have yet to hear of a booking, by its id. */
const awaited = new Map<number, number>();
let waits: number[] = [];
let heard = 0;
let since = { at: 0, used: process.cpuUsage() };
let fault: Error | undefined;

function hear(text: string): void {
  const now = Date.now();
  for (const [, timestamp = '', visit, doctor, patient] of text.matchAll(BOOKED)) {
    const id = Number(visit);
    heard += 1;
    const streams = desks + (own.get(Number(doctor)) ?? 0) + (own.get(Number(patient)) ?? 0);
    const left = (awaited.get(id) ?? streams) - 1;
    awaited.set(id, left);
    if (left > 0) continue;
    awaited.delete(id);
    waits.push(now - Date.parse(timestamp));
  }
}

/** Resolves once the stream is ready. */
function listen({ person, role }: Listener): Promise<void> {
  return new Promise((ready, failed) => {
    let rest = '';
    let isReady = false;
    const socket: Socket = connect(target);
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('error', () => {});
    socket.once('close', () => {
      fault ??= new Error(`a stream was closed${isReady ? '' : ` before it began: ${rest.slice(0, 300)}`}`);
      failed(fault);
    });
    socket.on('data', (text: string) => {
      rest += text;
      if (isReady) {
        hear(rest);
        // An event ends with an empty line; what comes after is the beginning of another one.
        rest = rest.slice(rest.lastIndexOf('\n\n') + 2);
      } else if (rest.includes('event: ready')) {
        isReady = true;
        rest = '';
        ready();
      }
    });
    socket.write(
      `GET /api/stream/ HTTP/1.1\r\nhost: ${target.host}:${target.port}\r\naccept: text/event-stream\r\n` +
        `authorization: Bearer ${tokenFor(person, secret, role)}\r\n\r\n`,
    );
  });
}

async function listenAll(order: ListenOrder): Promise<void> {
  const { hostname, port } = new URL(order.base);
  target = { host: hostname, port: Number(port) };
  secret = order.secret;
  for (const { person, role } of order.listeners)
    if (role === 'receptionist') desks += 1;
    else own.set(person, (own.get(person) ?? 0) + 1);
  for (let nth = 0; nth < order.listeners.length; nth += ARRIVING)
    await Promise.all(order.listeners.slice(nth, nth + ARRIVING).map(listen));
  begin();
}

function begin(): void {
  [waits, heard] = [[], 0];
  since = { at: performance.now(), used: process.cpuUsage() };
}

/** @throws Error when a stream was closed, or somebody has not heard of a booking that they should hear of */
async function hearAll(bookings: number): Promise<Heard> {
  let before = heard;
  for (let patience = PATIENCE; waits.length < bookings && !fault && patience > 0; patience -= 10) {
    await sleep(10);
    if (heard > before) patience = PATIENCE;
    before = heard;
  }
  if (fault) throw fault;
  if (waits.length !== bookings)
    throw new Error(`of ${bookings} bookings ${waits.length} were heard of by all who should hear of them`);
  const { user, system } = process.cpuUsage(since.used);
  const busy = (user + system) / 1e3 / (performance.now() - since.at);
  const all: Heard = { waits, listeners: heard / bookings, busy };
  begin();
  return all;
}

async function book({ bookings, pause }: BookOrder): Promise<Heard> {
  begin();
  const parts = [{ weight: 1, once: true, asks: bookings }];
  const next = writeOut(parts, `${target.host}:${target.port}`, secret);
  const socket = connect(target)
    .setNoDelay(true)
    .setEncoding('latin1')
    .on('error', () => {});
  const answers: AsyncIterator<string, undefined> = socket[Symbol.asyncIterator]();
  for (let request = next(); request; request = next()) {
    // Not in step with those who look what has happened.
    await sleep(pause * (0.5 + Math.random()));
    socket.write(request);
    const { value: answer = 'by closing' } = await answers.next();
    if (!answer.startsWith('HTTP/1.1 201')) throw new Error(`a booking was answered ${answer.slice(0, 300)}`);
  }
  socket.destroy();
  return hearAll(bookings.length);
}

answerOrders((order: ListenOrder | BookOrder | HearOrder): Promise<unknown> => {
  if ('listeners' in order) return listenAll(order);
  return 'pause' in order ? book(order) : hearAll(order.bookings);
});
