import type { Clock } from '../../core/clock.ts';
import type { Message, VisitKind, When } from '../../core/messages.ts';
import type { ActiveStatus } from '../../core/words.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { findVisit, type VisitRow } from './events.repository.ts';
import { type Reminders, spokenOf } from './reminders.service.ts';

/** When and with whom somebody could come instead. */
export interface Alternative {
  doctor: { id: number };
  date: string;
  start_time: string;
}

export interface EventsDependencies {
  db: Db;
  clock: Clock;
  reminders: Pick<Reminders, 'plan'>;
  enqueue: (tx: Tx, message: Message) => Promise<void>;
  alternatives: {
    /** The nearest free slots to one that falls out. */
    find: (place: {
      doctor: number;
      date: string;
      start_time: string;
      patient: number;
    }) => Promise<Alternative[]>;
  };
}

export const appointmentEvents = ['booked', 'confirmed', 'cancelled', 'expired', 'moved'] as const;

/** What the database tells of a change: see `appointments_tell` in the migrations. */
export interface AppointmentEvent {
  event: (typeof appointmentEvents)[number];
  /** Of a booking: `confirmed` where it was at once. Of a move: what it is after it. */
  status?: ActiveStatus | undefined;
  /** The visit's, after the change. */
  version?: number | undefined;
  /** Who did it, of an answer; null where the system itself did. */
  by?: number | null | undefined;
  from?: When | undefined;
  /** When the visit is, after the change; what was queued before events kept it leaves it out. */
  to?: When | undefined;
}

/** What the database tells of an offer of the waiting list: see `waitlist_offers_tell` in the migrations. */
export interface OfferEvent extends When {
  offer: number;
  event: 'offered' | 'lapsed' | 'withdrawn';
  patient: number;
  doctor: number;
  expires_at: string;
}

/** How many other times a message names. */
const ALTERNATIVES = 3;

/**
 * What happens to appointments and on the waiting list, told to whom it concerns. The events come from the database itself
 * (drizzle/0006_scheduling_rules.sql, 0010_expiry.sql), in the transaction of the change; each may come more than once and
 * tells everybody once.
 */
export function createEvents({ db, clock, reminders, enqueue, alternatives }: EventsDependencies) {
  /** What a text says beside what stands in the appointment. Looked up before the transaction, which waits for nothing. */
  async function paramsOf(visit: VisitRow, told: AppointmentEvent): Promise<Record<string, string>> {
    const { from, to = visit, version = visit.version, status = 'pending' } = told;
    const said = spokenOf({ ...to, version });
    if (told.event === 'moved' && from)
      return { from_date: from.date, from_time: from.start_time, ...said, status };
    if (!isAbsence(told, visit) && !isClosing(told, visit)) return said;
    const { doctor_id: doctor, patient_id: patient, date, start_time } = visit;
    const found = await alternatives.find({ doctor, patient, date, start_time });
    const named = found.slice(0, ALTERNATIVES);
    if (named.length === 0) return said;
    return {
      ...said,
      alternatives: named.map((slot) => `${slot.date} ${slot.start_time} ${slot.doctor.id}`).join(),
      doctors: [...new Set(named.map((slot) => slot.doctor.id))].join(),
    };
  }

  return {
    /** The task `appointment_event`. */
    async onAppointment(appointment: number, told: AppointmentEvent): Promise<void> {
      const { event } = told;
      const before = await findVisit(db, appointment);
      if (!before) return;
      const params = await paramsOf(before, told);
      await transaction(db, async (tx) => {
        const visit = await findVisit(tx, appointment);
        if (!visit) return;
        const key = [
          'appointment',
          visit.id,
          event,
          // It is booked once.
          ...(event === 'booked' || told.version === undefined ? [] : [told.version]),
        ].join(':');
        if (!(event === 'expired' && isLongAgo(visit)))
          for (const { kind, user_id } of audience(told, visit))
            await enqueue(tx, { user_id, kind, key, appointment_id: visit.id, params });
        await reminders.plan(tx, visit, { replace: event === 'moved' });
      });
    },

    /** The task `waitlist_event`. */
    async onOffer({
      offer,
      event,
      patient,
      doctor,
      date,
      start_time,
      expires_at,
    }: OfferEvent): Promise<void> {
      const isOver = event !== 'offered';
      const end = clock.wallOf(new Date(expires_at));
      const until = { until: `${end.date} ${end.time.slice(0, 5)}`, expires_at };
      await transaction(db, (tx) =>
        enqueue(tx, {
          user_id: patient,
          kind: isOver ? 'waitlist_lapsed' : 'waitlist_offer',
          key: `waitlist_offer:${offer}:${isOver ? 'over' : event}`,
          params: { doctors: String(doctor), date, start_time, ...(!isOver && until) },
        }),
      );
    },
  };

  /** Such as where the clinic begins to let requests expire: nobody is told of those of last year. */
  function isLongAgo({ date, end_time }: VisitRow): boolean {
    return clock.now().getTime() - clock.at(date, end_time).getTime() > A_DAY;
  }
}

export type Events = ReturnType<typeof createEvents>;

/** A request that ended longer ago than this ended without a word. */
const A_DAY = 86_400_000;

const isAbsence = ({ event }: AppointmentEvent, { cancel_reason }: Pick<VisitRow, 'cancel_reason'>) =>
  event === 'cancelled' && cancel_reason === 'doctor_absent';

const isClosing = ({ event }: AppointmentEvent, { cancel_reason }: Pick<VisitRow, 'cancel_reason'>) =>
  event === 'cancelled' && cancel_reason === 'clinic_closed';

/**
 * Who hears of it, and as what. Nobody is told what they did themself, except that a patient's booking or move is
 * confirmed to them as made. A doctor who is away has written so, and is not told of each visit that falls out.
 */
export function audience(
  told: AppointmentEvent,
  visit: Pick<VisitRow, 'doctor_id' | 'patient_id' | 'cancelled_by' | 'cancel_reason'>,
): { kind: VisitKind; user_id: number }[] {
  const { doctor_id, patient_id, cancelled_by, cancel_reason } = visit;
  const both = (kind: VisitKind) => [patient_id, doctor_id].map((user_id) => ({ kind, user_id }));
  if (told.event === 'booked') return both(told.status === 'confirmed' ? 'confirmed' : 'booked');
  if (told.event === 'moved') return both('moved');
  if (told.event === 'confirmed') {
    // A doctor whose request somebody else answers hears of it.
    const by = told.by ?? doctor_id;
    return by === doctor_id ? [{ kind: 'confirmed', user_id: patient_id }] : both('confirmed');
  }
  if (told.event === 'expired') return both('expired');
  if (isAbsence(told, visit)) return [{ kind: 'absence', user_id: patient_id }];
  if (isClosing(told, visit))
    return [
      { kind: 'closed', user_id: patient_id },
      { kind: 'cancelled', user_id: doctor_id },
    ];
  // A doctor cancels nothing but what is still to be answered, and so declines it; unless they leave the clinic, which
  // cancels what was confirmed, too.
  if (cancelled_by === doctor_id && cancel_reason !== 'account_deleted')
    return [{ kind: 'declined', user_id: patient_id }];
  return both('cancelled').filter(({ user_id }) => user_id !== cancelled_by);
}
