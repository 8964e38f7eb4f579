import { type Clock, hasBegun, hasEnded } from '../../../core/clock.ts';
import { CODE_MINUTES } from '../../../core/codes.ts';
import type { MessageKind, When } from '../../../core/messages.ts';
import type { QuietHours } from '../../../core/quiet.ts';
import type { Role } from '../../../core/roles.ts';
import type { AppointmentStatus } from '../../../core/words.ts';
import { isKeptFrom } from './channels.rules.ts';
import { quietUntil } from './quiet.rules.ts';

/** The appointment that a message is about, as it stands now. */
export interface VisitNow extends When {
  end_time: string;
  status: AppointmentStatus;
  doctor?: number;
}

/** What is judged of a message. Its `params` keep the time that it speaks of. */
interface Said {
  kind: MessageKind;
  params: Readonly<Record<string, string>>;
  created_at: Date;
}

/** What is asked of the person who will read it. */
export interface Reader extends QuietHours {
  deleted: boolean;
  role: Role;
  is_active: boolean;
  /** They are the doctor of the visit; otherwise they are its patient, or look after its patient. */
  is_doctor: boolean;
  is_patient?: boolean;
  /**
   * They are neither its doctor nor its patient, and do not look after its patient now: they were, or did; of no visit, they do
   * not look after whom it is about. After who was erased, or is no patient any more, nobody looks: whoever did is told still
   * that the visit falls out.
   */
  is_former?: boolean;
  /** Null where the message is about no appointment. */
  visit: VisitNow | null;
}

/** Why a message is not to be sent, or until when it waits. It may go now where neither is there. */
export interface Verdict {
  drop?: string;
  wait?: Date;
}

/**
 * Whether a message is still true, and when it may go. This is asked when it is queued, and again each time before it is
 * sent, over the same facts.
 */
export function judge(said: Said, reader: Reader, clock: Clock): Verdict {
  const drop = whyUntrue(said, reader, clock);
  if (drop !== undefined) return { drop };
  const wait = quietUntil(said.kind, earliestOf(said.params, reader.visit), reader, clock);
  return wait ? { wait } : {};
}

/** Kinds that tell of a visit that is off, and the status in which this is true. */
const FALLEN_OUT: Partial<Record<MessageKind, VisitNow['status']>> = {
  cancelled: 'cancelled',
  declined: 'cancelled',
  called_off: 'cancelled',
  absence: 'cancelled',
  closed: 'cancelled',
  expired: 'expired',
};

/** Whether a kind asks its reader to come. */
export const isInvitation = (kind: MessageKind): boolean =>
  kind === 'booked' || kind === 'confirmed' || kind === 'reminder';

/** Kinds that tell whoever had a visit that it is theirs no more: whatever becomes of it is no news to them. */
const TAKEN_AWAY: readonly MessageKind[] = ['handed_over', 'entered_by_mistake'];

/** Kinds that ask the doctor for an answer, and tell the patient that there is none yet. */
const UNDECIDED: readonly MessageKind[] = ['booked', 'unanswered'];

/** A person whose request ended longer ago than this has seen that themselves. */
const LONG_AGO = 86_400_000;

/** Why a message is no longer true; undefined where it is. */
function whyUntrue(said: Said, reader: Reader, clock: Clock): string | undefined {
  const { kind, params, created_at } = said;
  const { visit, is_doctor } = reader;
  const now = clock.now().getTime();
  if (reader.deleted) return 'person_deleted';
  if (isKeptFrom(kind, reader)) return 'person_inactive';
  if (kind === 'code') return now - created_at.getTime() > CODE_MINUTES * 60_000 ? 'expired' : undefined;
  if (params.expires_at !== undefined && Date.parse(params.expires_at) <= now) return 'expired';
  const when = timeOf(params, visit);
  if (TAKEN_AWAY.includes(kind) || isOfAnother(params, reader)) return whyTaken(kind, when, clock);
  if (visit && kind === 'expired')
    return now - clock.at(visit.date, visit.end_time).getTime() > LONG_AGO ? 'expired' : undefined;
  const fallen = visit && whyFallenOut(kind, visit);
  if (fallen) return fallen;
  if (when && isOver(when, visit, is_doctor, clock)) return 'visit_begun';
  return when && visit && !FALLEN_OUT[kind] ? whyChanged(kind, when, visit) : undefined;
}

/**
 * The visit was theirs and is not any more, or it has gone from them to somebody whom they look after, or back: what was said
 * of it as the one's is not true of the other's.
 */
function isOfAnother(params: Said['params'], { visit, is_doctor, is_patient, is_former }: Reader): boolean {
  if (is_former) return true;
  return (
    visit !== null && !is_doctor && is_patient !== undefined && is_patient === (params.for !== undefined)
  );
}

/** For whoever had the visit, and has it no more: they are told of that until it would have begun, and of nothing else. */
function whyTaken(kind: MessageKind, when: When | null, clock: Clock): string | undefined {
  if (!TAKEN_AWAY.includes(kind)) return 'visit_reassigned';
  return when && hasBegun(when, clock.wall()) ? 'visit_begun' : undefined;
}

/** For a visit that is off, where the message does not say so. */
function whyFallenOut(kind: MessageKind, { status }: VisitNow): string | undefined {
  const isOff = status === 'cancelled' || status === 'expired';
  return isOff && FALLEN_OUT[kind] !== status ? `visit_${status}` : undefined;
}

/** For a visit that is on, but is neither where it was nor as it was. */
function whyChanged(kind: MessageKind, when: When, visit: VisitNow): string | undefined {
  if (isElsewhere(when, visit)) return 'visit_moved';
  if (UNDECIDED.includes(kind) && visit.status !== 'pending') return 'visit_decided';
  // It was confirmed, then moved away and back, and has to be confirmed anew.
  return kind === 'confirmed' && visit.status !== 'confirmed' ? 'visit_moved' : undefined;
}

/** The time that a message speaks of. An old message that keeps no time speaks of where the visit is. */
export function timeOf(params: Said['params'], visit: When | null): When | null {
  const { date, start_time } = params;
  return date !== undefined && start_time !== undefined ? { date, start_time } : visit;
}

const isElsewhere = (when: When, visit: When) =>
  when.date !== visit.date || when.start_time !== visit.start_time;

/** A visit is no news to its patient once it has begun, and to its doctor once it is over. */
function isOver(when: When, visit: VisitNow | null, is_doctor: boolean, clock: Clock): boolean {
  const wall = clock.wall();
  const lasts = is_doctor && visit && !isElsewhere(when, visit);
  return lasts ? hasEnded(visit, wall) : hasBegun(when, wall);
}

/** When the visit is, or when it was before it was moved: the earlier of the two. */
function earliestOf(params: Said['params'], visit: When | null): When | null {
  const when = timeOf(params, visit);
  const { from_date: date, from_time: start_time } = params;
  if (date === undefined || start_time === undefined) return when;
  const isEarlier = !when || `${date} ${start_time}` < `${when.date} ${when.start_time}`;
  return isEarlier ? { date, start_time } : when;
}
