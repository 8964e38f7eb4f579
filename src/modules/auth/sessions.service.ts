import type { Clock } from '../../core/clock.ts';
import type { Db, Tx } from '../../db/client.ts';
import { type Listener, listen } from '../../db/listen.ts';
import * as repository from './sessions.repository.ts';

export interface SessionsDependencies {
  db: Db;
  clock: Clock;
  access_token_minutes: number;
}

export type Sessions = ReturnType<typeof createSessions>;

const SKEW_MINUTES = 1;

/**
 * Knows which sessions have ended, so that an access token can be refused without a query. A session that ends is
 * announced by the database in the moment it commits; while nobody follows that link, or it is down, each request asks
 * the database.
 */
export function createSessions({ db, clock, access_token_minutes }: SessionsDependencies) {
  const lifetime = (access_token_minutes + SKEW_MINUTES) * 60_000;
  // Two generations: after one lifetime every access token of an ended session has expired by itself.
  let recent = new Set<number>();
  let older = new Set<number>();
  let rotation: NodeJS.Timeout | undefined;
  let link: Listener | undefined;

  const announce = (sessions: Iterable<number>) => {
    for (const session of sessions) recent.add(session);
  };

  return {
    /** Makes known to this process at once that sessions have ended; the others hear it from the database. */
    announce,
    endAll: (tx: Tx, user: number) => repository.endSessions(tx, user, clock.now()),

    isEnded(session: number): boolean | Promise<boolean> {
      if (recent.has(session) || older.has(session)) return true;
      return link?.connected ? false : repository.isLive(db, session).then((live) => !live);
    },

    /** Starts to hear the announcements of every process on this database. */
    follow(database_url: string): void {
      rotation = setInterval(() => {
        older = recent;
        recent = new Set();
      }, lifetime).unref();
      link = listen({
        url: database_url,
        channel: 'session_ended',
        onConnect: async () =>
          announce(await repository.endedSince(db, new Date(clock.now().getTime() - lifetime))),
        onMessage: (payload) => announce([Number(payload)]),
      });
    },

    async close(): Promise<void> {
      clearInterval(rotation);
      await link?.close();
    },
  };
}
