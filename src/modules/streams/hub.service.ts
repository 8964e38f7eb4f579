import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Db } from '../../db/client.ts';
import { loggable } from '../../db/errors.ts';
import type { Happened } from '../../events/log.ts';
import { type Position, writePosition } from '../../events/positions.ts';
import { followLog, type Happening, type Tail } from '../../events/tail.ts';
import type { EventBody } from '../../events/told.ts';
import type { Sessions } from '../auth/index.ts';
import type { Guardians } from '../patients/index.ts';
import { beat, frame } from './frames.rules.ts';
import { createOpenStreams, type Stream } from './open.service.ts';
import { createRights } from './rights.service.ts';
import { saidOf } from './said.service.ts';
import * as repository from './streams.repository.ts';
import { hears } from './streams.rules.ts';

export interface HubDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  sessions: Pick<Sessions, 'onEnded' | 'endedOf'>;
  guardians: Pick<Guardians, 'adult'>;
  streams_max: number;
}

const BEAT = 20_000;
/** Without a stream the log is followed for so many milliseconds more. */
const LINGER = 30_000;

interface ToSay {
  event: Happened;
  body: EventBody;
}

/** The one reader of the log that tells all streams of a process. */
export function createHub({ db, clock, log, sessions, guardians, streams_max }: HubDependencies) {
  let url: string | undefined;
  let tail: Tail | undefined;
  let pulse: NodeJS.Timeout | undefined;
  let leaving: NodeJS.Timeout | undefined;
  let is_closed = false;
  let sent = 0;
  let tellings = 0;
  /** While something is being told: where those are who have not heard it yet. */
  let telling_from: Position | undefined;

  const open = createOpenStreams({
    streams_max,
    onEmpty() {
      clearTimeout(leaving);
      leaving = setTimeout(() => open.all.size === 0 && void rest(), LINGER).unref();
    },
  });
  const rights = createRights({ db, clock, log, guardians, open });
  sessions.onEnded(open.endSession);

  /** One after the other: a sign of life between two tellings would move a reader past what it has not heard. */
  let line: Promise<unknown> = Promise.resolve();
  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const done = line.then(work);
    line = done.catch(() => {});
    return done;
  };

  async function endThoseOf(session_ids: readonly number[]): Promise<void> {
    for (const session of await sessions.endedOf(session_ids)) open.endSession(session);
  }

  /** What each hears of these events, of those who had joined before this telling. */
  async function toSay(events: readonly Happened[], nth: number): Promise<Map<Stream, ToSay[]>> {
    // Only desks ask in which branch a visit was.
    const before = await repository.listBranchesBefore(db, open.audience.hasDesks() ? events : []);
    const said = new Map<Stream, ToSay[]>();
    for (const event of events) {
      const { whole, left } = saidOf(event, clock);
      const forms = { whole: { event, body: whole }, left: { event, body: left } };
      const branch = before.get(event.details?.from_timeslot);
      for (const stream of open.audience.of(event)) {
        if (stream.joined === undefined || stream.joined >= nth) continue;
        const heard = hears(event, stream.rights, stream.wanted, branch);
        if (!heard) continue;
        const own = said.get(stream) ?? [];
        said.set(stream, own);
        own.push(forms[heard]);
      }
    }
    return said;
  }

  async function tell({ events, from, upto }: Happening, nth: number): Promise<void> {
    await rights.renew(await rights.changedBy(events));
    const said = await toSay(events, nth);
    await endThoseOf([...new Set([...said.keys()].map(({ session }) => session))]);
    const end = writePosition(upto);
    /** All who hear the same get the same text: of what comes last, and of what more comes after. */
    const [last, earlier] = [new Map<ToSay, string>(), new Map<ToSay, string>()];
    const textOf = (one: ToSay, isLast: boolean) => {
      const texts = isLast ? last : earlier;
      const { event, body } = one;
      const place = () => writePosition({ ...from, upto: upto.place, after: event.id });
      const text = texts.get(one) ?? frame(isLast ? end : place(), body.type, body);
      texts.set(one, text);
      return text;
    };
    const each = function* () {
      for (const [stream, own] of said) {
        sent += own.length;
        yield [stream, own.map((one, index) => textOf(one, index === own.length - 1)).join('')] as const;
      }
    };
    await open.sendEach(each());
  }

  /** Where it cannot be told, those who should have heard it are cut off, and resume. */
  async function heard(happening: Happening): Promise<void> {
    tellings += 1;
    const nth = tellings;
    telling_from = happening.from;
    await inLine(() => tell(happening, nth)).catch((error) => {
      log.warn({ error: loggable(error) }, 'events cannot be told to streams; they are cut off');
      for (const stream of joinedBefore(nth)) open.cut(stream);
    });
    telling_from = undefined;
  }

  const joinedBefore = (nth: number) =>
    [...open.all].filter(({ joined }) => joined !== undefined && joined < nth);

  async function skipped(upto: Position): Promise<void> {
    tellings += 1;
    const those = joinedBefore(tellings);
    const text = frame(writePosition(upto), 'reset', { reason: 'unknown' });
    await inLine(() => open.sendEach(those.map((stream) => [stream, text] as const)));
  }

  const beatAll = () =>
    inLine(async () => {
      await endThoseOf(open.sessions());
      const position = telling_from ?? tail?.position;
      if (!position) return;
      const text = beat(writePosition(position));
      // Whoever joined while something waits to be told is further already.
      const those = joinedBefore(telling_from ? tellings : tellings + 1);
      await open.sendEach(those.map((stream) => [stream, text] as const));
    }).catch((error) => log.debug({ error: loggable(error) }, 'streams got no sign of life'));

  async function rest(): Promise<void> {
    clearInterval(pulse);
    clearTimeout(leaving);
    const following = tail;
    tail = undefined;
    await following?.stop();
  }

  const closed = () => new AppError('overloaded', { retryAfter: 1 });

  function following(): Tail {
    if (url === undefined || is_closed) throw closed();
    if (tail) return tail;
    tail = followLog({ url, log, heard, skipped });
    pulse = setInterval(() => void beatAll(), BEAT).unref();
    return tail;
  }

  return {
    open,

    /** Looks anew, so that what is told from now on is no older than what a stream has read elsewhere. */
    refresh: (): Promise<void> => following().refresh(),

    /**
     * Lets a stream hear of what happens from now on.
     * @returns where that begins
     * @throws AppError session_ended, account_inactive, forbidden, overloaded
     */
    async join(stream: Stream): Promise<Position> {
      await rights.find(stream);
      const { position } = following();
      if (!position) throw closed();
      stream.joined = tellings;
      open.audience.add(stream);
      return position;
    },

    wake: (): void => tail?.wake(),
    follow(database_url: string): void {
      url = database_url;
    },
    /** How many events have been sent to streams. */
    sent: (): number => sent,

    /** Ends all streams, and opens none any more. */
    close(): void {
      is_closed = true;
      open.endAll();
    },
    async unfollow(): Promise<void> {
      is_closed = true;
      await rest();
    },
  };
}
