import type { Clock } from '../../../core/clock.ts';
import type { MessageKind, When } from '../../../core/messages.ts';
import { type QuietHours, quietHoursAt } from '../../../core/quiet.ts';

/** What would be told less than this before the visit does not wait for the morning. */
const TOO_LATE = 2 * 3_600_000;

/** Few people are asleep as soon as their quiet hours begin. */
const JUST_BEGUN = 15 * 60_000;

/** These go out at any hour: the reader asked for it just now, or somebody may be taking over the account. */
const PASSES: readonly MessageKind[] = [
  'code',
  'waitlist_offer',
  'contact_changed',
  'telegram_linked',
  'two_step_changed',
  'identity_linked',
];

/** The reader has to know these before they set out. */
const PRESSING: readonly MessageKind[] = [
  'cancelled',
  'declined',
  'called_off',
  'absence',
  'closed',
  'moved',
  'handed_over',
  'entered_by_mistake',
];

/**
 * When a message may go out: now, or at the end of the reader's quiet hours. Codes pass at once. So does a visit that falls
 * out or is moved on its own day, or that would be told of less than two hours before it. An offer of the waiting list
 * passes too: its reader asked for it, and in the morning it would be over.
 * @param visit when it is, or when it was before it was moved: the earlier of the two
 * @returns undefined when there is nothing to wait for
 */
export function quietUntil(
  kind: MessageKind,
  visit: When | null,
  reader: QuietHours,
  clock: Clock,
): Date | undefined {
  if (PASSES.includes(kind)) return undefined;
  const wall = clock.wall();
  const hours = quietHoursAt(wall, reader, clock);
  if (hours === undefined || !visit) return hours?.ends;
  const isLate = clock.at(visit.date, visit.start_time).getTime() - hours.ends.getTime() < TOO_LATE;
  if (PRESSING.includes(kind) && (isLate || visit.date === wall.date)) return undefined;
  // A late reminder was due before the quiet hours began, and its job is behind.
  const hasJustBegun = clock.now().getTime() - hours.begins.getTime() < JUST_BEGUN;
  return kind === 'reminder' && isLate && hasJustBegun ? undefined : hours.ends;
}

/** People still read what comes just before they go to rest. */
const BEFORE_REST = 5 * 60_000;

/**
 * When a person is reminded: so many minutes before the visit. Where that falls into their quiet hours it is the end of
 * these; where the end would be too late it is just before they begin.
 * @param person undefined where nothing is known of their quiet hours
 */
export function remindAt(visit: When, minutes: number, person: QuietHours | undefined, clock: Clock): Date {
  const start = clock.at(visit.date, visit.start_time).getTime();
  const due = new Date(start - minutes * 60_000);
  const hours = person && quietHoursAt(clock.wallOf(due), person, clock);
  if (!hours) return due;
  const isInTime = start - hours.ends.getTime() >= TOO_LATE;
  return isInTime ? due : new Date(hours.begins.getTime() - BEFORE_REST);
}
