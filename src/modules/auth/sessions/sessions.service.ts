import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Db, Executor, Tx } from '../../../db/client.ts';
import type { Channel, Listener } from '../../../db/links/listen.ts';
import * as repository from './sessions.repository.ts';
import type { Session } from './sessions.schemas.ts';

interface SessionsDependencies {
  db: Db;
  clock: Clock;
  access_token_minutes: number;
}

export type Sessions = ReturnType<typeof createSessions>;

/**
 * A refresh that is repeated within a minute (REFRESH_GRACE_SECONDS) gives out a token without noting the time, and two
 * processes that are both ready may be a minute apart.
 */
const LEEWAY_MINUTES = 2;

/** Whoever signed in so long ago at most, in milliseconds, has just shown who they are. */
const FRESH = 300_000;

/**
 * Knows which sessions have ended, so that an access token can be refused without a query. A session that ends is
 * announced by the database in the moment it commits; while nobody follows that link, or it is down, each request asks
 * the database.
 */
export function createSessions({ db, clock, access_token_minutes }: SessionsDependencies) {
  const lifetime = (access_token_minutes + LEEWAY_MINUTES) * 60_000;
  // Two generations: after one lifetime every access token of an ended session has expired by itself.
  let recent = new Set<number>();
  let older = new Set<number>();
  let rotation: NodeJS.Timeout | undefined;
  let link: Pick<Listener, 'connected'> | undefined;
  let since: number | undefined;

  /** Who wants to know as soon as a session ends. */
  const hearers = new Set<(session: number) => void>();

  const announce = (sessions: Iterable<number>) => {
    for (const session of sessions) {
      recent.add(session);
      for (const hear of hearers) hear(session);
    }
  };

  const endings: Channel = {
    name: 'session_ended',
    onConnect: async () =>
      announce(await repository.endedSince(db, new Date(clock.now().getTime() - lifetime))),
    onMessage: (payload) => announce([Number(payload)]),
  };

  const isKnownToEnd = (session: number) => recent.has(session) || older.has(session);

  /** Ends sessions of whoever asks; their own process refuses them before it answers. */
  const end = async ({ id }: Caller, ending: repository.Ending) => {
    const ended = await repository.endSessions(db, id, ending, clock.now());
    announce(ended);
    return ended.length > 0;
  };

  return {
    /** Makes known to this process at once that sessions have ended; the others hear it from the database. */
    announce,

    /**
     * Ends a person's sessions with whatever else the transaction does; `announce` them once it has committed.
     * @param ending by default all of them
     */
    endAll: (tx: Tx, user: number, ending: repository.Ending = {}): Promise<number[]> =>
      repository.endSessions(tx, user, ending, clock.now()),

    /** One's own sessions that still serve, the latest used first. */
    async list(caller: Caller, page: PageRequest): Promise<Page<Session>> {
      const found = await repository.listSessions(db, caller.id, clock.now(), page);
      return { ...found, rows: found.rows.map((row) => ({ ...row, is_current: row.id === caller.session })) };
    },

    logout: async (caller: Caller): Promise<void> => void (await end(caller, { only: caller.session })),

    /**
     * Ends one of one's own sessions; repeating it changes nothing.
     * @throws AppError session_not_found, for somebody else's too
     */
    async endOne(caller: Caller, session: number): Promise<void> {
      if (await end(caller, { only: session })) return;
      if (!(await repository.isOwn(db, caller.id, session))) throw new AppError('session_not_found');
    },

    endOthers: async (caller: Caller): Promise<void> => void (await end(caller, { except: caller.session })),

    /** Whether somebody has signed in within the last five minutes: it stands for a password where there is none. */
    async isFresh(executor: Executor, { id, session }: Caller): Promise<boolean> {
      const began = await repository.began(executor, id, session);
      return began !== undefined && clock.now().getTime() - Date.parse(began) < FRESH;
    },

    isEnded(session: number): boolean | Promise<boolean> {
      if (isKnownToEnd(session)) return true;
      return link?.connected ? false : repository.isLive(db, session).then((live) => !live);
    },

    /** What stands of a session that serves, as the database knows it in this moment. */
    findLive: (session: number): Promise<{ branches: number[] | null } | undefined> =>
      repository.findLive(db, session),

    /** Which of these have ended: asked of the database only while their ends are not heard of. */
    async endedOf(sessions: readonly number[]): Promise<number[]> {
      if (link?.connected || sessions.length === 0) return sessions.filter(isKnownToEnd);
      const live = new Set(await repository.listLive(db, sessions));
      return sessions.filter((session) => !live.has(session));
    },

    /** @param hear is called for each session that ends, once or more, in the moment in which this process hears of it */
    onEnded: (hear: (session: number) => void): void => void hearers.add(hear),

    /** Epoch milliseconds at which the clinic first signed tokens that others verify; asked once. */
    async signingSince(): Promise<number> {
      since ??= (await repository.signedSince(db, 'ES256')).getTime();
      return since;
    },

    /** What to hear of on the link, and the link on which it is heard. */
    endings,
    follow(heard: Pick<Listener, 'connected'>): void {
      link = heard;
      rotation = setInterval(() => {
        older = recent;
        recent = new Set();
      }, lifetime).unref();
    },

    close: (): void => clearInterval(rotation),
  };
}
