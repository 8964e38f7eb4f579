import { invalidField } from '../../core/errors.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { listMissed } from '../../events/missed.ts';
import { type Position, readPosition, writePosition } from '../../events/positions.ts';
import { frame, retry } from './frames.rules.ts';
import { createHub, type HubDependencies } from './hub.service.ts';
import type { Sink, Stream } from './open.service.ts';
import { saidOf } from './said.service.ts';
import * as repository from './streams.repository.ts';
import { type Filter, hears } from './streams.rules.ts';
import { createTickets } from './tickets.service.ts';

interface StreamsDependencies extends HubDependencies {
  event_retention_days: number;
}

/** A stream that may begin. */
interface Opening {
  /** Writes to it from now on. */
  begin: (sink: Sink) => void;
  /** Its reader has gone. */
  leave: () => void;
}

/** Of the pool's connections, streams that open take at most this share: for a moment each. */
const SHARE = 0.25;
/** Milliseconds until whoever is cut off comes back: all who were cut off together do not come back together. */
const BACK = 1_000;
const BACK_SPREAD = 3_000;
const DAY = 86_400;
/** Which filters a side of a visit has not. */
const NOT_FOR = { patient: ['branch', 'doctor', 'date'], doctor: ['branch', 'doctor'] } as const;

export type Streams = ReturnType<typeof createStreams>;

/** Live updates: what happens to visits and slots, told as it happens (WHATWG server-sent events). */
export function createStreams(dependencies: StreamsDependencies) {
  const { db, clock, event_retention_days } = dependencies;
  const hub = createHub(dependencies);
  const { open } = hub;
  const tickets = createTickets(dependencies);
  const atATime = gate(Math.max(1, Math.floor((db.$client.options.max ?? 1) * SHARE)));

  /** @returns what a stream missed since `last`, as text, or that it has to begin anew */
  async function missedBy(stream: Stream, last: string, now: Position): Promise<string> {
    const from = readPosition(last);
    const reset = (reason: 'unknown' | 'too_old') => frame(writePosition(now), 'reset', { reason });
    if (from?.epoch !== now.epoch) return reset('unknown');
    if (from.at < now.at - event_retention_days * DAY) return reset('too_old');
    const missed = await listMissed(db, from, now);
    if (!missed) return reset('too_old');
    const branches = await repository.listBranchesBefore(
      db,
      missed.map(({ event }) => event),
    );
    return missed
      .flatMap(({ event, position }) => {
        const branch = branches.get(event.details?.from_timeslot);
        const heard = hears(event, stream.rights, stream.wanted, branch);
        if (!heard) return [];
        const body = saidOf(event, clock)[heard];
        return frame(writePosition(position), body.type, body);
      })
      .join('');
  }

  return {
    tickets,
    hub,

    /**
     * Opens a stream.
     * @param last where its reader has read to, of a stream before
     * @throws AppError invalid_input (a filter that is not for their role), forbidden (a branch that they do not reach),
     * session_ended, account_inactive, too_many_streams, overloaded
     */
    async open(caller: Caller, wanted: Filter, last: string | undefined): Promise<Opening> {
      const side = sideOf(caller.role);
      const wrong = side && NOT_FOR[side].find((name) => wanted[name] !== undefined);
      if (wrong) throw invalidField(wrong, 'not_for_role');
      const stream = open.reserve(caller, wanted);
      try {
        await hub.refresh();
        const first = await atATime(async () => {
          const now = await hub.join(stream);
          const missed = last === undefined ? '' : await missedBy(stream, last, now);
          return missed + frame(writePosition(now), 'ready', {});
        });
        const back = retry(BACK + Math.floor(Math.random() * BACK_SPREAD));
        return {
          begin: (sink) => open.begin(stream, sink, back + first),
          leave: () => open.leave(stream),
        };
      } catch (error) {
        open.leave(stream);
        throw error;
      }
    },
  };
}

/** Lets so many through at a time; others wait in line. */
function gate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const line: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  };
}
