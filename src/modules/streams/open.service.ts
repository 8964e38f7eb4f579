import { AppError } from '../../core/errors.ts';
import type { Caller, Role } from '../../core/roles.ts';
import { createAudience } from './audience.rules.ts';
import { lastWord } from './frames.rules.ts';
import type { Filter, Rights } from './streams.rules.ts';

/** Where a stream is written to. */
export interface Sink {
  write: (text: string) => void;
  /** Says a last word, if there is one, and closes in good order. */
  end: (text?: string) => void;
  /** Cuts it off. */
  cut: () => void;
  /** Bytes that its reader has not taken yet. */
  readonly waiting: number;
}

/** Why a stream has ended, as the API's errors name it. */
export type Reason = 'session_ended' | 'account_inactive' | 'forbidden';

export interface Stream {
  readonly user: number;
  readonly session: number;
  readonly role: Role;
  readonly wanted: Filter;
  rights: Rights;
  /** What they may hear of may have changed since `rights` were read. */
  is_stale: boolean;
  /** It hears of what is told after so many tellings; undefined until it has joined. */
  joined: number | undefined;
  /** What is to be written once there is a sink. */
  queue: string[];
  sink: Sink | undefined;
  over: Reason | undefined;
}

/** Streams that one person may have open, in each process. */
const STREAMS_EACH_MAX = 5;
/** Seconds after which somebody who has too many may ask again. */
const SOON = 5;
/** Bytes, and texts before it has begun, that a reader may be behind; then it is cut off, and resumes when it comes back. */
const BEHIND = 32 * 1024;
const QUEUED = 1_000;
/** Bytes that may be left of what has just been told: a day that is published is told at once, and no network takes it so. */
const JUST_TOLD = 256 * 1024;
/** So many are written to before requests have their turn. */
const SLICE = 100;

export type OpenStreams = ReturnType<typeof createOpenStreams>;

/** The open streams of one process: whose they are, and how they are written to and closed. */
export function createOpenStreams({ streams_max, onEmpty }: { streams_max: number; onEmpty: () => void }) {
  const all = new Set<Stream>();
  const by_user = new Map<number, Set<Stream>>();
  const by_session = new Map<number, Set<Stream>>();
  const audience = createAudience<Stream>();
  const indexes = ({ user, session }: Stream) =>
    [
      [by_user, user],
      [by_session, session],
    ] as const;

  function leave(stream: Stream): void {
    if (!all.delete(stream)) return;
    audience.remove(stream);
    for (const [index, id] of indexes(stream)) {
      index.get(id)?.delete(stream);
      if (index.get(id)?.size === 0) index.delete(id);
    }
    if (all.size === 0) onEmpty();
  }

  /** Whoever is cut off comes back, and resumes. */
  function cut(stream: Stream): void {
    leave(stream);
    stream.sink?.cut();
  }

  function finish(stream: Stream, reason: Reason): void {
    stream.over = reason;
    leave(stream);
    stream.sink?.end(lastWord(reason));
  }

  function send(stream: Stream, text: string): void {
    if (!all.has(stream)) return;
    const { sink, queue } = stream;
    if (sink && sink.waiting > BEHIND) {
      cut(stream);
      return;
    }
    if (sink) sink.write(text);
    else queue.push(text);
    if (queue.length > QUEUED || (sink?.waiting ?? 0) > JUST_TOLD) cut(stream);
  }

  return {
    all: all as ReadonlySet<Stream>,
    audience,
    leave,
    cut,
    finish,
    ofUser: (id: number): Iterable<Stream> => by_user.get(id) ?? [],
    sessions: (): number[] => [...by_session.keys()],

    endSession(session: number): void {
      for (const stream of by_session.get(session) ?? []) finish(stream, 'session_ended');
    },

    /** @throws AppError too_many_streams, overloaded */
    reserve({ id: user, session, role }: Caller, wanted: Filter): Stream {
      if (all.size >= streams_max) throw new AppError('overloaded', { retryAfter: SOON });
      if ((by_user.get(user)?.size ?? 0) >= STREAMS_EACH_MAX)
        throw new AppError('too_many_streams', { retryAfter: SOON });
      const rights: Rights = { user, role, family: [], branches: [] };
      const state = {
        rights,
        is_stale: false,
        joined: undefined,
        queue: [],
        sink: undefined,
        over: undefined,
      };
      const stream: Stream = { user, session, role, wanted, ...state };
      all.add(stream);
      for (const [index, id] of indexes(stream)) index.set(id, (index.get(id) ?? new Set()).add(stream));
      return stream;
    },

    /** Writes what has come together since it joined, after `first`; from now on it is written to at once. */
    begin(stream: Stream, sink: Sink, first: string): void {
      const { over, queue } = stream;
      stream.sink = sink;
      stream.queue = [];
      if (over) sink.end(first + lastWord(over));
      else if (all.has(stream)) sink.write(first + queue.join(''));
      else sink.cut();
    },

    async sendEach(texts: Iterable<readonly [Stream, string]>): Promise<void> {
      let nth = 0;
      for (const [stream, text] of texts) {
        send(stream, text);
        nth += 1;
        if (nth % SLICE === 0) await new Promise(setImmediate);
      }
    },

    /** Ends all in good order: their readers come back elsewhere, and resume. */
    endAll(): void {
      for (const stream of all) {
        leave(stream);
        stream.sink?.end();
      }
    },
  };
}
