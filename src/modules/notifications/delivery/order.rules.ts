import type { MessageKind, When } from '../../../core/messages.ts';
import type { Channel, MessageStatus } from '../../../core/words.ts';

/** One of the messages to one person about one visit by one channel. */
export interface Told {
  id: number;
  channel: Channel;
  kind: MessageKind;
  /** `version` is the visit's when it happened: it gives the order of the events, in whichever order they were stored. */
  params: Readonly<Record<string, string>>;
  status: MessageStatus;
  created_at: string;
  due_at: string;
}

type Place = Pick<Told, 'id' | 'kind' | 'params'>;

const versionOf = ({ params }: Place) => Number(params.version ?? 0);
const isAfter = (one: Place, other: Place) => versionOf(one) - versionOf(other) || one.id - other.id;

/** It has left, or may have. */
const isOut = ({ status }: Told) => status === 'sent' || status === 'sending';

/** A later message says the same: the visit is confirmed anew, or its patient reminded once more. */
const saysTheSame = (later: Told, { kind, params }: Place) =>
  later.status === 'queued' &&
  later.kind === kind &&
  later.params.date === params.date &&
  later.params.start_time === params.start_time;

/** The reader has already heard what happened afterwards, or is about to hear the same once more. */
export const isOvertaken = (message: Place, others: readonly Told[]): boolean =>
  others.some((other) => isAfter(other, message) > 0 && (isOut(other) || saysTheSame(other, message)));

/** Where a visit was, and with whom where that was another doctor. */
interface Known extends When {
  doctors: string | undefined;
}

/**
 * Where the visit was when its reader last heard of it. Where several moves follow each other and are not told one by one, the
 * last message names the time at which the first began, and the doctor with whom it was then.
 * @returns undefined when the reader has heard of all moves before
 */
export function firstKnown(message: Place, others: readonly Told[]): Known | undefined {
  let known: Known | undefined;
  const before = others.filter((other) => isAfter(other, message) < 0).sort((a, b) => isAfter(b, a));
  for (const other of before) {
    if (isOut(other)) break;
    const { from_date, from_time, doctors = known?.doctors ?? message.params.doctors } = other.params;
    if (other.kind === 'moved' && from_date !== undefined && from_time !== undefined)
      known = { date: from_date, start_time: from_time, doctors };
  }
  return known;
}

/** A message further from its turn than this keeps none waiting: it is tried again and again, or its job was lost. */
const PATIENCE = 15 * 60_000;
/** How long an attempt takes, at a guess. */
const MOMENT = 2_000;

/**
 * What happened first is told first.
 * @param isTrue whether an earlier message is still to be told
 * @returns milliseconds until it is this message's turn; 0 when it is now
 */
export function turnIn(
  message: Place,
  others: readonly Told[],
  now: number,
  isTrue: (other: Told) => boolean,
): number {
  const waits = others
    .filter(({ status }) => status === 'queued' || status === 'sending')
    .filter((other) => isAfter(other, message) < 0 && isTrue(other))
    .map(({ due_at }) => Date.parse(due_at) - now)
    .filter((wait) => Math.abs(wait) < PATIENCE);
  return waits.length === 0 ? 0 : Math.max(...waits, 0) + MOMENT;
}
