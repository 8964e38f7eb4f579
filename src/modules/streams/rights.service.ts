import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { isBoundByBranches, sideOf } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import { loggable } from '../../db/errors.ts';
import type { Happened } from '../../events/log.ts';
import type { Guardians } from '../patients/index.ts';
import type { OpenStreams, Reason, Stream } from './open.service.ts';
import * as repository from './streams.repository.ts';
import type { Rights } from './streams.rules.ts';

interface RightsDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  guardians: Pick<Guardians, 'adult'>;
  open: OpenStreams;
}

/** @returns what a stream may hear of, or why it has come to its end */
function judge({ role, wanted }: Stream, standing: repository.Standing | undefined): Rights | Reason {
  if (!standing?.is_live) return 'session_ended';
  if (!standing.is_active) return 'account_inactive';
  if (standing.role !== role) return 'forbidden';
  const { user, dependants } = standing;
  const branches = isBoundByBranches(role) && standing.branches.length > 0 ? standing.branches : null;
  if (wanted.branch !== undefined && branches !== null && !branches.includes(wanted.branch))
    return 'forbidden';
  return { user, role, branches, family: sideOf(role) === 'patient' ? [user, ...dependants] : [] };
}

/** What those who listen may hear of: read when they come, and again whenever the log tells of a change. */
export function createRights({ db, clock, log, guardians, open }: RightsDependencies) {
  let day = clock.wall().date;

  async function read(streams: readonly Stream[]): Promise<(stream: Stream) => Rights | Reason> {
    for (const stream of streams) stream.is_stale = false;
    const sessions = [...new Set(streams.map(({ session }) => session))];
    const rows = await repository.listStandings(db, sessions, guardians.adult());
    const standings = new Map(rows.map((row) => [row.session, row]));
    return (stream) => judge(stream, standings.get(stream.session));
  }

  return {
    /** @throws AppError session_ended, account_inactive, forbidden */
    async find(stream: Stream): Promise<void> {
      do {
        const rights = (await read([stream]))(stream);
        if (stream.over || typeof rights === 'string') throw new AppError(stream.over ?? (rights as Reason));
        stream.rights = rights;
      } while (stream.is_stale);
    },

    /**
     * @returns those who have joined and whose rights the events change: their own, or of whom they look after, whose day of
     * birth may have been corrected; those of families end with a birthday as well
     */
    async changedBy(events: readonly Happened[]): Promise<Stream[]> {
      const people = [...new Set(events.flatMap(({ user_id }) => user_id ?? []))];
      const keepers = people.length > 0 ? await repository.listKeepers(db, people) : [];
      const stale = new Set([...people, ...keepers].flatMap((user) => [...open.ofUser(user)]));
      const today = clock.wall().date;
      if (today !== day)
        for (const stream of open.all) if (stream.rights.family.length > 1) stale.add(stream);
      day = today;
      for (const stream of stale) stream.is_stale = true;
      return [...stale].filter(({ joined }) => joined !== undefined);
    },

    /** Reads anew what these may hear of. Where that cannot be read they are cut off, rather than told too much. */
    async renew(streams: readonly Stream[]): Promise<void> {
      if (streams.length === 0) return;
      try {
        const rightsOf = await read(streams);
        for (const stream of streams) {
          if (!open.all.has(stream)) continue;
          const rights = rightsOf(stream);
          if (typeof rights === 'string') open.finish(stream, rights);
          else open.audience.place(Object.assign(stream, { rights }));
        }
      } catch (error) {
        log.warn({ error: loggable(error) }, 'the rights of streams cannot be read; they are cut off');
        for (const stream of streams) open.cut(stream);
      }
    },
  };
}
