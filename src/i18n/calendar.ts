import { type Clock, spanOf } from '../core/clock.ts';
import { type CalendarEvent, type PersonName, uidOf, type VisitForCalendar } from '../core/icalendar.ts';
import type { Side } from '../core/roles.ts';
import type { AppointmentStatus, Locale } from '../core/words.ts';
import { messageTexts } from './index.ts';

interface Reader {
  locale: Locale;
  /** On which side of the visit they are. */
  side: Side;
  /** It is the visit of somebody whom they look after. */
  for_other: boolean;
}

interface Clinic {
  clock: Pick<Clock, 'at'>;
  clinic_name: string | undefined;
}

const STATUS = {
  pending: 'TENTATIVE',
  confirmed: 'CONFIRMED',
  cancelled: 'CANCELLED',
  expired: 'CANCELLED',
} as const satisfies Record<AppointmentStatus, CalendarEvent['status']>;

const nameOf = (name: PersonName) => name.filter(Boolean).join(' ') || undefined;
const joined = (parts: readonly (string | null | undefined)[], by: string) =>
  [...new Set(parts)].filter(Boolean).join(by);

/** A visit as its reader's calendar shows it. */
export function calendarEvent(
  visit: VisitForCalendar,
  { locale, side, for_other }: Reader,
  { clock, clinic_name }: Clinic,
): CalendarEvent {
  const { calendar, nobody } = messageTexts(locale);
  const { place } = visit;
  const doctor = nameOf(visit.doctor) ?? nobody.doctor;
  const patient = nameOf(visit.patient) ?? nobody.patient;
  const what = side === 'doctor' ? patient : calendar.with_doctor(doctor);
  const status = STATUS[visit.status];
  // khal and others show no STATUS: the title says it too.
  const note =
    status === 'CONFIRMED' ? '' : ` (${calendar[status === 'TENTATIVE' ? 'pending' : 'cancelled']})`;
  return {
    uid: uidOf(visit.clinic_uid, visit.epoch, visit.id),
    sequence: visit.version,
    status,
    ...spanOf(visit, clock),
    created_at: new Date(visit.created_at),
    updated_at: new Date(visit.updated_at),
    summary: `${for_other ? `${patient}: ` : ''}${what}${note}`,
    description: side === 'doctor' ? '' : joined([clinic_name, place.branch, place.phone], '\n'),
    location: joined([side === 'patient' ? clinic_name : null, place.branch, place.address], ', '),
  };
}
