import type { Clock } from '../../../core/clock.ts';
import { caused } from '../../../core/tracing.ts';
import { type Db, keepCause, type Tx, transaction } from '../../../db/client.ts';
import type { EventReader } from '../../../events/reading.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Telling } from '../telling/telling.service.ts';
import { audienceOf, offersOthers } from './audience.rules.ts';
import { toldOf, toldTypes } from './happened.service.ts';
import { findVisit, listReaders, type VisitRow } from './occasions.repository.ts';
import type { AppointmentEvent, OfferEvent } from './occasions.schemas.ts';
import { type Reminders, spokenOf } from './reminders.service.ts';

/** When and with whom somebody could come instead. */
interface Alternative {
  doctor: { id: number };
  date: string;
  start_time: string;
}

export interface OccasionsDependencies {
  db: Db;
  clock: Clock;
  reminders: Pick<Reminders, 'plan'>;
  telling: Pick<Telling, 'enqueue'>;
  guardians: Pick<Guardians, 'adult'>;
  alternatives: {
    /** The nearest free slots to one that falls out. */
    find: (place: {
      doctor: number;
      date: string;
      start_time: string;
      patient: number;
      /** What the visit was for: then it is where that fits. */
      service: number | undefined;
    }) => Promise<Alternative[]>;
  };
}

/** How many other times a message names. */
const ALTERNATIVES = 3;

/** Events whose messages go in one transaction. */
const TOGETHER = 20;

/** Nobody is told of a request that ended longer ago than this, such as when a clinic begins to let requests expire. */
const A_DAY = 86_400_000;

/**
 * Tells the people concerned what happens to appointments and on the waiting list. Of appointments the log tells it, whose
 * reader does all for some events in the transaction in which it moves on. Of the waiting list, and of a corrected patient, and to who
 * looked after one who is erased, jobs do that are queued in the transaction of the change. Each may come more than once, and tells everybody once.
 */
export function createOccasions(dependencies: OccasionsDependencies) {
  const { db, clock, reminders, telling, guardians, alternatives } = dependencies;

  /** What a text says beside what stands in the appointment. Looked up before the transaction, which waits for nothing. */
  async function paramsOf(visit: VisitRow, told: AppointmentEvent): Promise<Record<string, string>> {
    const { from, to = visit, version = visit.version, status = 'pending' } = told;
    const spoken = spokenOf({ ...to, version });
    if (told.event === 'moved' && from)
      return {
        from_date: from.date,
        from_time: from.start_time,
        ...(told.from_doctor !== undefined && { doctors: String(told.from_doctor) }),
        ...spoken,
        status,
      };
    if (!offersOthers(told, visit)) return spoken;
    const { doctor_id: doctor, patient_id: patient, service_id, date, start_time } = visit;
    const service = service_id ?? undefined;
    const free = await alternatives.find({ doctor, patient, service, date, start_time });
    const slots = free.slice(0, ALTERNATIVES);
    if (slots.length === 0) return spoken;
    return {
      ...spoken,
      alternatives: slots.map((slot) => `${slot.date} ${slot.start_time} ${slot.doctor.id}`).join(),
      doctors: [...new Set(slots.map((slot) => slot.doctor.id))].join(),
    };
  }

  /** Of an event: a visit is booked once, and everything else happens to one of its versions. */
  const keyOf = ({ appointment, event, version }: AppointmentEvent) =>
    [
      'appointment',
      appointment,
      event,
      ...(event === 'booked' || version === undefined ? [] : [version]),
    ].join(':');

  const isLongAgo = ({ date, end_time }: VisitRow) =>
    clock.now().getTime() - clock.at(date, end_time).getTime() > A_DAY;

  /**
   * Tells a patient, and those who look after them, whose visit it is and whether one of them called it off.
   * @param keepers who looked after somebody who is no patient any more
   */
  async function tellFamily(
    tx: Tx,
    patient: number,
    { cancelled_by }: VisitRow,
    message: Omit<Parameters<typeof telling.enqueue>[1], 'user_id'>,
    keepers: readonly number[] | undefined,
  ): Promise<void> {
    const readers = keepers ?? (await listReaders(tx, patient, guardians.adult()));
    const canceller = message.kind === 'cancelled' ? cancelled_by : null;
    const byFamily = canceller !== null && (canceller === patient || readers.includes(canceller));
    // Whoever of them cancelled it knows.
    for (const reader of readers.filter((one) => one !== canceller)) {
      const whose = reader === patient ? {} : { for: String(patient) };
      const whom = byFamily ? { by_family: 'true' } : {};
      await telling.enqueue(tx, {
        ...message,
        user_id: reader,
        params: { ...message.params, ...whose, ...whom },
      });
    }
  }

  async function tell(tx: Tx, told: AppointmentEvent, visit: VisitRow, params: Record<string, string>) {
    if (told.event === 'expired' && isLongAgo(visit)) return;
    for (const { kind, user_id } of audienceOf(told, visit)) {
      // Whoever has it no more is told of the time at which they had it.
      const said = kind === 'handed_over' && told.from ? { ...params, ...told.from } : params;
      const isMistaken = kind === 'entered_by_mistake';
      // One may look after both, the patient in truth and who was taken for them, or have been taken for their child.
      const key = isMistaken ? `${keyOf(told)}:mistaken` : keyOf(told);
      const message = { kind, key, appointment_id: visit.id, params: said };
      if (isMistaken || user_id === visit.patient_id)
        await tellFamily(tx, user_id, visit, message, told.guardians);
      else await telling.enqueue(tx, { ...message, user_id });
    }
  }

  /** Looks up what is to be told, and gives what is to be done; undefined where the visit is gone. */
  async function prepare(told: AppointmentEvent): Promise<((tx: Tx) => Promise<void>) | undefined> {
    const before = await findVisit(db, told.appointment);
    if (!before) return undefined;
    const params = await paramsOf(before, told);
    return async (tx) => {
      const visit = await findVisit(tx, told.appointment);
      if (!visit) return;
      await tell(tx, told, visit, params);
      // Whoever has it now may sleep at other hours.
      const replace = told.event === 'moved' || told.event === 'patient_changed';
      await reminders.plan(tx, visit, { replace });
    };
  }

  const reader: EventReader = {
    name: 'messages',
    types: toldTypes,
    batch: TOGETHER,
    async read(events) {
      const deeds: { trace: string | null | undefined; deed: (tx: Tx) => Promise<void> }[] = [];
      for (const event of events) {
        const told = toldOf(event);
        const deed = told && (await prepare(told));
        if (deed) deeds.push({ trace: event.trace, deed });
      }
      return async (tx) => {
        for (const { trace, deed } of deeds)
          await caused('read messages', { kind: 'consumer' }, trace, async () => {
            await keepCause(tx);
            await deed(tx);
          });
      };
    },
  };

  return {
    /** Hears of appointments. */
    reader,

    /** The task `appointment_event`: a corrected patient, one who is erased, and what the version before has queued. */
    async onAppointment(told: AppointmentEvent): Promise<void> {
      const deed = await prepare(told);
      if (deed) await transaction(db, deed);
    },

    /** The task `waitlist_event`. */
    async onOffer(told: OfferEvent): Promise<void> {
      const { offer, event, patient, doctor, date, start_time, expires_at } = told;
      const isOver = event !== 'offered';
      const end = clock.wallOf(new Date(expires_at));
      const until = { until: `${end.date} ${end.time.slice(0, 5)}`, expires_at };
      await transaction(db, async (tx) => {
        for (const user_id of await listReaders(tx, patient, guardians.adult()))
          await telling.enqueue(tx, {
            user_id,
            kind: isOver ? 'waitlist_lapsed' : 'waitlist_offer',
            key: `waitlist_offer:${offer}:${isOver ? 'over' : event}`,
            params: {
              doctors: String(doctor),
              date,
              start_time,
              ...(!isOver && until),
              ...(user_id !== patient && { for: String(patient) }),
            },
          });
      });
    },
  };
}

export type Occasions = ReturnType<typeof createOccasions>;
