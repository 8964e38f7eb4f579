import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { AuditAction } from '../../core/audited.ts';
import type { Caller } from '../../core/roles.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whose records an answer of this route shows, and what the audit calls that: see `reads`. */
    audit?: AuditedRead;
  }
}

/** A route's word on what reading through it is. */
interface AuditedRead {
  action: AuditAction;
  peopleOf: (row: unknown) => number | readonly number[];
  about: (row: unknown) => Record<string, unknown>;
  as_one?: boolean;
  once?: ((request: FastifyRequest) => string) | undefined;
}

/** What an answer has shown to somebody of others. */
export interface NotedRead {
  action: AuditAction;
  people: number[];
  details: Record<string, unknown>;
  /** In one entry for all of them. */
  as_one: boolean;
  /** Not a second time on the same day. */
  once?: string | undefined;
}

/**
 * Says in a route's `config.audit` that its answer, or each row of its page, is a person's record; of whatever method: one
 * that changes nothing this time shows it all the same.
 * @param action such as user.read; the audit's name for it
 * @param peopleOf whose record a row is
 * @param about what else to note of a single record: ids only
 */
export const reads = <Row>(
  action: AuditAction,
  peopleOf: (row: Row) => number | readonly number[],
  about: (row: Row) => Record<string, unknown> = () => ({}),
): AuditedRead => ({ action, peopleOf: (row) => peopleOf(row as Row), about: (row) => about(row as Row) });

/**
 * The same with one entry for all whom an answer shows: for a search at the desk, whose every letter is an answer.
 * @param once names what is noted once a day, for what a program asks for again and again, such as a calendar
 */
export const readsAtOnce = <Row>(
  action: AuditAction,
  peopleOf: (row: Row) => number | readonly number[],
  once?: (request: FastifyRequest) => string,
): AuditedRead => ({ ...reads(action, peopleOf), as_one: true, once });

interface AuditingOptions {
  note: (caller: Caller, read: NotedRead) => Promise<void>;
}

/**
 * Notes whose records a caller is shown, after the answer's own query and before the answer leaves: what cannot be
 * noted is not shown. Where the request has changed a record, the change is noted, and the reading with it. People who read
 * what is theirs cost no statement.
 */
export const auditing = fastifyPlugin(
  async (app: FastifyInstance, { note }: AuditingOptions) => {
    // What a service notes of a change carries the request's name too, and is known here; reading changes nothing.
    app.addHook('preHandler', ({ user, id, method }, _reply, done) => {
      if (user) {
        user.request_id = id;
        if (method !== 'GET') user.noted = new Set();
      }
      done();
    });
    app.addHook('preSerialization', (request, reply, answer, done) => {
      const { audit } = request.routeOptions.config;
      if (audit === undefined || reply.statusCode >= 300) return done(null, answer);
      const read = noted(audit, request, answer);
      if (read.people.length === 0) return done(null, answer);
      note(request.user, read).then(() => done(null, answer), done);
    });
  },
  { name: 'auditing' },
);

function noted(
  { action, peopleOf, about, as_one = false, once }: AuditedRead,
  request: FastifyRequest,
  answer: unknown,
): NotedRead {
  const page = rowsOf(answer);
  // What is no page is one record, or a list of what belongs to one.
  const rows = page ?? [answer].flat();
  const people = new Set(rows.flatMap(peopleOf));
  people.delete(request.user.id);
  for (const person of request.user.noted ?? []) people.delete(person);
  const details = page ? { filters: filtersOf(request.query), rows: page.length } : about(rows[0]);
  return { action, people: [...people], details, as_one, once: once?.(request) };
}

/** The rows of a list's page, undefined for a single record. */
function rowsOf(answer: unknown): unknown[] | undefined {
  const { results } = answer as { results?: unknown };
  return Array.isArray(results) ? results : undefined;
}

/** Which filters were used; what was looked for may be somebody's name. */
const filtersOf = (query: unknown) =>
  Object.entries(query as Record<string, unknown>)
    .filter(([name, value]) => value !== undefined && name !== 'page' && name !== 'page_size')
    .map(([name]) => name);
