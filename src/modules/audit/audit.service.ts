import type { AuditAction } from '../../core/audited.ts';
import { type Clock, instantText } from '../../core/clock.ts';
import { namesOf } from '../../core/names.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Watched } from '../../core/watched.ts';
import { type Db, type Executor, transaction } from '../../db/client.ts';
import { LONG_JOB } from '../../db/limits.ts';
import * as repository from './audit.repository.ts';
import { actorOf, createSieve, toAccessLogEntry } from './audit.rules.ts';
import type { AccessLogEntry, AuditEntry, AuditFilters } from './audit.schemas.ts';

interface AuditDependencies {
  db: Db;
  clock: Clock;
  audit_retention_days: number;
}

/** What happened to whose record. Ids and names of fields only: no value, no name of a person, no text they wrote. */
interface Entry {
  /** Who did it; left out where the system itself did, or somebody at the server's command line. */
  actor?: Pick<Caller, 'id' | 'role' | 'request_id' | 'noted'> | undefined;
  /** Such as `user.update`: the resource and what was done. */
  action: AuditAction;
  /** Whose record it is. */
  subject?: number;
  details?: Record<string, unknown>;
  request_id?: string;
  /** Where it came from, in CIDR: of sign-ins and the like. */
  network?: string | undefined;
}

/** What one look has shown of many. */
interface Shown {
  action: AuditAction;
  people: readonly number[];
  details: Record<string, unknown>;
  once?: string | undefined;
}

export type Audit = ReturnType<typeof createAudit>;

/** How many entries one transaction lets go. */
const BATCH = 5_000;

export function createAudit({ db, clock, audit_retention_days }: AuditDependencies) {
  const sieve = createSieve();
  const entryOf = ({ actor, action, details = {}, request_id, network }: Entry): repository.NewEntry => ({
    at: clock.now(),
    actor_id: actor?.id ?? null,
    actor_role: actor?.role ?? null,
    action,
    details,
    request_id: request_id ?? actor?.request_id ?? null,
    network: network ?? null,
  });

  /** What is noted of a change needs no second entry where the answer shows it. */
  async function insert(executor: Executor, entry: Entry, people: readonly (number | null)[]): Promise<void> {
    if (people.length === 0) return;
    await repository.insertEntries(executor, entryOf(entry), people);
    for (const person of people) if (person !== null) entry.actor?.noted?.add(person);
  }

  return {
    /** Notes a change, in the transaction that makes it: neither stands without the other. */
    record: (executor: Executor, entry: Entry): Promise<void> =>
      insert(executor, entry, [entry.subject ?? null]),

    /**
     * Notes what may be an attack: once a minute for each account and network, and a bounded number in all, however
     * often it happens.
     * @param about what tells it from others of its kind, where it is about nobody's account; it is kept nowhere
     */
    async watch(
      executor: Executor,
      { action, subject, ...entry }: Omit<Entry, 'action'> & { action: Watched },
      about = '',
    ): Promise<void> {
      const key = [action, subject ?? about, entry.actor?.id, entry.network].join(' ');
      const found = sieve(key, clock.now());
      if (found === 'first')
        await repository.insertEntries(executor, entryOf({ action, ...entry }), [subject ?? null]);
      if (found === 'more')
        await repository.insertEntries(executor, entryOf({ action, details: { more: true } }), [null]);
    },

    /** The same of each of these people, in one statement. */
    recordAll: (
      executor: Executor,
      entry: Omit<Entry, 'subject'>,
      people: readonly number[],
    ): Promise<void> => insert(executor, entry, people),

    /** Notes that somebody was shown records of others: an entry for each of these people, in one statement. */
    recordRead: (
      actor: Caller,
      {
        people,
        ...read
      }: { action: AuditAction; people: readonly number[]; details: Record<string, unknown> },
    ): Promise<void> => repository.insertEntries(db, entryOf({ actor, ...read }), people),

    /**
     * The same in one entry for them all, which each of them sees: for what shows hundreds at once, or again and again.
     * @param read.once names what is noted once a day, such as `calendar:12`
     */
    recordShown: (actor: Caller, { people, once, ...read }: Shown): Promise<void> => {
      const day = clock.wall().date;
      return repository.insertShown(db, entryOf({ actor, ...read }), people, once && `${once} ${day}`);
    },

    /**
     * Entries for an admin, newest first. Looking here is noted once, not for each person on the page: what is shown is
     * who touched a record, nothing of the record, and a page of entries must not breed a page of entries.
     * @param filters with `from` and `to` as days of the clinic
     */
    async list(
      { page, page_size, cursor, ...filters }: AuditFilters & PageRequest,
      caller: Caller,
    ): Promise<Page<AuditEntry>> {
      const { from, to, ...same } = filters;
      const since = from && instantText(clock.at(from, '00:00'));
      const until = to && instantText(clock.at(to, '24:00'));
      const found = await repository.listEntries(db, { ...same, since, until }, { page, page_size, cursor });
      const rows = found.rows.map(toEntry);
      const details = { filters: namesOf(filters), rows: rows.length };
      // A subject of whom there are entries exists; any other number may not.
      const subject = rows.length > 0 ? (same.subject ?? null) : null;
      await repository.insertEntries(db, entryOf({ actor: caller, action: 'audit.list', details }), [
        subject,
      ]);
      return { ...found, rows };
    },

    /** Who looked at a person's record or changed it, as that person is told. */
    async accessLog(person: number, page: PageRequest): Promise<Page<AccessLogEntry>> {
      const found = await repository.listEntries(db, { subject: person, of_records: true }, page);
      return { ...found, rows: found.rows.map(toAccessLogEntry) };
    },

    /**
     * Lets entries go that are older than the retention setting, the oldest first, so much at a time that nobody waits.
     * Safe to repeat, and to end anywhere.
     * @returns how many went
     */
    async purge(): Promise<number> {
      const before = new Date(clock.now().getTime() - audit_retention_days * 86_400_000);
      for (let gone = 0; ; ) {
        const now = await transaction(db, (tx) => repository.deleteBefore(tx, before, BATCH), {
          statement: LONG_JOB,
        });
        gone += now;
        if (now < BATCH) return gone;
      }
    },
  };
}

function toEntry(row: repository.EntryRow): AuditEntry {
  const { id, at, action, people, request_id, network } = row;
  const details = people ? { ...row.details, people } : row.details;
  return { id, at, actor: actorOf(row), action, subject: subjectOf(row), details, request_id, network };
}

function subjectOf({ subject_id, subject_role, subject_first_name, subject_last_name }: repository.EntryRow) {
  if (subject_id === null || subject_role === null) return null;
  return { id: subject_id, role: subject_role, first_name: subject_first_name, last_name: subject_last_name };
}
