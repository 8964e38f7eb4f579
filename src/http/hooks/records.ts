import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';
import { sideOf } from '../../core/roles.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The records it changes, from when it may until its answer is sent off. */
    records: readonly string[] | null;
  }
}

interface RecordsOptions {
  /** Connections of this process to the database. */
  pool_max: number;
  max_wait_seconds: number;
}

/** Long enough for those before to give up (lock_timeout) or to be done, and for one's own turn after it. */
const PATIENCE = 5_000;

/** By what name a body says which record of others it is about. Such a name with an s is that of the record's routes. */
const NAMED = ['timeslot', 'patient', 'doctor', 'refresh'] as const;

/**
 * Lets a third of the pool's connections at most wait for one record. The row of a slot, a person or a setting that
 * somebody keeps locked holds up whoever wants to change it until the database gives up (lock_timeout); without a bound
 * for each, those who want one slot would take all connections, and everybody else would be held up with them. Whoever
 * waits here has neither a connection nor a turn (http/overload).
 */
export const records = fastifyPlugin(
  async (app: FastifyInstance, { pool_max, max_wait_seconds }: RecordsOptions) => {
    const at_a_time = Math.max(1, Math.floor(pool_max / 3));
    const patience = Math.max(PATIENCE, max_wait_seconds * 1_000);
    const places = createPlaces(at_a_time);

    app.decorateRequest('records', null);
    app.addHook('preValidation', (request, reply, done) => {
      const wanted = changedBy(request);
      if (wanted.length === 0) return done();
      const taken: string[] = [];
      request.records = taken;
      const takeAll = async () => {
        const late = performance.now() + patience;
        for (const record of wanted) {
          // In one order, and not for ever: two that want the same two never wait for each other.
          const has = await places.take(record, late - performance.now());
          if (has) taken.push(record);
          // Whoever has hung up meanwhile is not worked for.
          if (!has || reply.raw.destroyed) throw new AppError('record_busy', { retryAfter: 2 });
        }
      };
      takeAll().then(() => done(), done);
    });
    app.addHook('onSend', (request, _reply, _payload, done) => {
      for (const record of request.records ?? []) places.leave(record);
      request.records = null;
      done();
    });
  },
  { name: 'records' },
);

/** What a request changes, by who sends it, its address and its body: in one order, people before all else, as rows are locked. */
function changedBy({ method, routeOptions, user, params, body }: FastifyRequest): string[] {
  const { config, schema, url = '' } = routeOptions;
  if (method === 'GET' || method === 'HEAD' || config.access === undefined || schema?.hide) return [];
  const people = new Set<string>();
  const others = new Set<string>();
  const note = (kind: string, id: unknown) => {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    if (/^(?:users|doctors|patients)$/.test(kind)) people.add(`users ${id}`);
    else others.add(`${kind} ${id}`);
  };
  // An admin changes others' records, any number of them at a time.
  if (user && sideOf(user.role) !== null) note('users', user.id);
  for (const [name, value] of Object.entries(params as object))
    note(name === 'id' ? (/\/([a-z]+)\/:id/.exec(url)?.[1] ?? name) : name, value);
  if (typeof body === 'object' && body !== null)
    for (const name of NAMED) if (name in body) note(`${name}s`, (body as Record<string, unknown>)[name]);
  if (people.size + others.size === 0 && config.access !== 'public') others.add(url);
  return [...[...people].sort(), ...[...others].sort()];
}

/** So many places for each of any number of things; whoever finds none free waits in line. */
export function createPlaces(at_a_time: number) {
  /** How many are taken of a thing, and who waits for it. */
  const things = new Map<string, { taken: number; line: Set<(has: boolean) => void> }>();

  return {
    /** @returns whether a place was had within so many milliseconds */
    async take(thing: string, patience: number): Promise<boolean> {
      const known = things.get(thing);
      if (!known) {
        things.set(thing, { taken: 1, line: new Set() });
        return true;
      }
      if (known.taken < at_a_time) {
        known.taken += 1;
        return true;
      }
      const { promise, resolve } = Promise.withResolvers<boolean>();
      known.line.add(resolve);
      const given = new AbortController();
      sleep(Math.max(0, patience), undefined, { ref: false, signal: given.signal }).then(
        () => known.line.delete(resolve) && resolve(false),
        () => {},
      );
      return promise.finally(() => given.abort());
    },

    /** Gives back a place that was had, to whoever has waited for it longest. */
    leave(thing: string): void {
      const known = things.get(thing);
      if (!known) return;
      const [next] = known.line;
      if (next) {
        known.line.delete(next);
        next(true);
      } else {
        known.taken -= 1;
        if (known.taken === 0) things.delete(thing);
      }
    },

    /** How many things have places taken. */
    get size(): number {
      return things.size;
    },
  };
}
