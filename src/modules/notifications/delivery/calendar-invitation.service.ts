import type { Clock } from '../../../core/clock.ts';
import { mailboxOf, writeInvitation } from '../../../core/icalendar.ts';
import type { MessageKind } from '../../../core/messages.ts';
import { sideOf } from '../../../core/roles.ts';
import type { Locale } from '../../../core/words.ts';
import type { Db } from '../../../db/client.ts';
import { calendarEvent } from '../../../i18n/calendar.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Outgoing } from '../channels/index.ts';
import { findInvited, type InvitedVisit } from './calendar-invitation.repository.ts';
import type { Claimed } from './delivery.repository.ts';

interface CalendarInvitationsDependencies {
  db: Db;
  clock: Clock;
  clinic_name?: string | undefined;
  guardians: Pick<Guardians, 'adult'>;
  /** Who sends emails, such as `Clinic <no-reply@clinic.example>`; without it none is sent. */
  sender: string | undefined;
}

/** Kinds after which a visit stands otherwise in its reader's calendar. A reminder changes nothing there. */
const CARRIES: ReadonlySet<MessageKind> = new Set<MessageKind>([
  'booked',
  'confirmed',
  'moved',
  'declined',
  'called_off',
  'expired',
  'cancelled',
  'handed_over',
  'entered_by_mistake',
  'absence',
  'closed',
]);

export type CalendarInvitations = ReturnType<typeof createCalendarInvitations>;

/** The visit of an email as an invitation to it, which puts it into the reader's calendar, moves it there or takes it out. */
export function createCalendarInvitations({
  db,
  clock,
  clinic_name,
  guardians,
  sender,
}: CalendarInvitationsDependencies) {
  const organizer = sender === undefined ? undefined : mailboxOf(sender);

  const isOn = ({ status, is_theirs }: InvitedVisit) =>
    is_theirs && (status === 'pending' || status === 'confirmed');

  /** Whom it no longer concerns is told nothing of whom it concerns now. */
  function shown(visit: InvitedVisit): InvitedVisit {
    const stays = visit.is_theirs ? {} : { patient: [null, null] as const };
    return { ...visit, ...stays, ...(!isOn(visit) && { status: 'cancelled' as const }) };
  }

  return {
    /**
     * What an email carries beside its words. It tells of the visit as it is now, whatever has become of it since the message
     * was queued: its version is the SEQUENCE, by which programs know what is newer.
     * @param to the reader's address
     */
    async write(message: Claimed, to: string, locale: Locale): Promise<Outgoing['invitation']> {
      const { kind, appointment_id, user_id, role } = message;
      const side = sideOf(role);
      if (!organizer || appointment_id === null || side === null || !CARRIES.has(kind)) return undefined;
      const visit = await findInvited(db, { appointment_id, user_id }, guardians.adult());
      if (!visit) return undefined;
      const method = isOn(visit) ? ('REQUEST' as const) : ('CANCEL' as const);
      const for_other = side === 'patient' && visit.is_theirs && !visit.is_own;
      const event = calendarEvent(shown(visit), { locale, side, for_other }, { clock, clinic_name });
      const file = await writeInvitation({
        method,
        event,
        organizer,
        attendee: { name: visit.reader.filter(Boolean).join(' '), address: to },
        accepted: side === 'patient' || visit.status === 'confirmed',
        now: clock.now(),
      });
      return { method, file };
    },
  };
}
