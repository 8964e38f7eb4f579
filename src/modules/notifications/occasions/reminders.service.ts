import { type Clock, hasBegun } from '../../../core/clock.ts';
import type { Lead } from '../../../core/messages.ts';
import { activeStatuses } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { addJob, type JobSpec, removeJob } from '../../../db/queue/jobs.ts';
import type { Guardians } from '../../patients/index.ts';
import { remindAt } from '../telling/quiet.rules.ts';
import { findRecipient } from '../telling/telling.repository.ts';
import type { Telling } from '../telling/telling.service.ts';
import { findVisit, listAhead, listReaders, type VisitAhead, type VisitRow } from './occasions.repository.ts';
import type { DoctorReminder, PatientReminder } from './occasions.schemas.ts';

interface RemindersDependencies {
  db: Db;
  clock: Clock;
  /** How long before a visit its patient is reminded. */
  leads: readonly Lead[];
  /** How long before a visit its doctor is reminded of a request that waits for an answer; 0 is not at all. */
  remind_doctor_hours: number;
  telling: Pick<Telling, 'enqueue'>;
  guardians: Pick<Guardians, 'adult'>;
}

/** The time that a message speaks of, and which change of the visit it is. Both stay, whatever comes afterwards. */
export const spokenOf = ({
  date,
  start_time,
  version,
}: Pick<VisitRow, 'date' | 'start_time' | 'version'>) => ({
  date,
  start_time,
  version: String(version),
});

/** Reminders are jobs that wait for their time. What has become of their visit by then is asked when they run. */
export function createReminders(dependencies: RemindersDependencies) {
  const { db, clock, leads, remind_doctor_hours, telling, guardians } = dependencies;
  const readersOf = (tx: Tx, { patient_id }: Pick<VisitRow, 'patient_id'>) =>
    listReaders(tx, patient_id, guardians.adult());

  /**
   * Plans the reminders of a visit: to its patient and whoever looks after them, each by their own quiet hours, and to its
   * doctor while the request waits for an answer. Where the moment
   * of a reminder has passed, `replace` takes back what was planned for another time.
   */
  async function planAhead(tx: Tx, visit: VisitAhead, { replace = false } = {}): Promise<void> {
    const { id, date, start_time } = visit;
    const payload = { appointment: id, date, start_time };
    const planned = new Set<number>();
    const plan = async (key: string, job: Omit<JobSpec, 'key'>) => {
      // Somebody who books this late knows. Two reminders that quiet hours bring to one moment become one.
      const isToCome = job.run_at && job.run_at > clock.now() && !planned.has(job.run_at.getTime());
      if (isToCome) {
        planned.add(job.run_at?.getTime() ?? 0);
        await addJob(tx, { ...job, key });
      } else if (replace) await removeJob(tx, key);
    };
    for (const reader of await readersOf(tx, visit)) {
      const person = await findRecipient(tx, reader, id, guardians.adult());
      const other = reader === visit.patient_id ? undefined : reader;
      planned.clear();
      for (const { name, minutes } of leads) {
        const run_at = remindAt(visit, minutes, person, clock);
        const job = { ...payload, lead: name, ...(other !== undefined && { reader }) };
        await plan(reminderKey(id, name, other), { task: 'remind', payload: job, run_at });
      }
    }
    if (visit.status !== 'pending' || remind_doctor_hours === 0) return;
    planned.clear();
    const doctor = await findRecipient(tx, visit.doctor_id, id, guardians.adult());
    const run_at = remindAt(visit, remind_doctor_hours * 60, doctor, clock);
    await plan(doctorKey(id), { task: 'remind_doctor', payload, run_at });
  }

  async function cancel(tx: Tx, visit: VisitRow): Promise<void> {
    for (const reader of await readersOf(tx, visit)) {
      const other = reader === visit.patient_id ? undefined : reader;
      for (const { name } of leads) await removeJob(tx, reminderKey(visit.id, name, other));
    }
    await removeJob(tx, doctorKey(visit.id));
  }

  const isActive = ({ status }: VisitRow) => activeStatuses.some((active) => active === status);
  const isAhead = (visit: VisitRow) => isActive(visit) && !visit.is_over && !hasBegun(visit, clock.wall());
  /** The visit stands where it stood when the reminder was planned. One that was moved has reminders of its own. */
  const isWhere = (visit: VisitRow, planned: Pick<PatientReminder, 'date' | 'start_time'>) =>
    (planned.date ?? visit.date) === visit.date &&
    (planned.start_time ?? visit.start_time) === visit.start_time;

  return {
    /** Plans the reminders of a visit as it stands after a change, or takes them back. */
    async plan(tx: Tx, visit: VisitRow, options: { replace: boolean }): Promise<void> {
      if (!isActive(visit)) await cancel(tx, visit);
      else if (isAhead(visit)) await planAhead(tx, visit, options);
    },

    /** The task `plan_reminders`: who is reminded of a person’s visits has changed since they were planned, or their quiet hours have. */
    async planAnew(person: number): Promise<void> {
      await transaction(db, async (tx) => {
        for (const visit of await listAhead(tx, person, clock.wall(), guardians.adult()))
          await planAhead(tx, visit, { replace: true });
      });
    },

    /**
     * The task `remind`. Nothing is said of a visit that is off, has begun or is over meanwhile, nor to somebody who no longer
     * looks after its patient.
     */
    async remind({ appointment, lead, reader, ...planned }: PatientReminder): Promise<void> {
      if (!leads.some(({ name }) => name === lead)) return;
      await transaction(db, async (tx) => {
        const visit = await findVisit(tx, appointment);
        if (!visit || !isAhead(visit) || !isWhere(visit, planned)) return;
        const { date, start_time, status, patient_id } = visit;
        const user_id = reader ?? patient_id;
        if (reader !== undefined && !(await readersOf(tx, visit)).includes(reader)) return;
        await telling.enqueue(tx, {
          user_id,
          kind: 'reminder',
          // The time is part of it: a visit that is moved is reminded of anew.
          key: `appointment:${visit.id}:reminder:${lead}:${date}T${start_time}`,
          appointment_id: visit.id,
          params: {
            lead,
            ...spokenOf(visit),
            status,
            ...(user_id !== patient_id && { for: String(patient_id) }),
          },
        });
      });
    },

    /** The task `remind_doctor`, for a request that waits for an answer. */
    async remindDoctor({ appointment, ...planned }: DoctorReminder): Promise<void> {
      await transaction(db, async (tx) => {
        const visit = await findVisit(tx, appointment);
        if (visit?.status !== 'pending' || !isAhead(visit) || !isWhere(visit, planned)) return;
        await telling.enqueue(tx, {
          user_id: visit.doctor_id,
          kind: 'unanswered',
          key: `appointment:${visit.id}:unanswered:${visit.date}T${visit.start_time}`,
          appointment_id: visit.id,
          params: spokenOf(visit),
        });
      });
    },
  };
}

export type Reminders = ReturnType<typeof createReminders>;

const doctorKey = (appointment: number) => `remind_doctor:${appointment}`;
/** @param reader who looks after the patient; undefined where the patient is reminded */
const reminderKey = (appointment: number, lead: string, reader?: number) =>
  ['remind', appointment, lead, ...(reader === undefined ? [] : [reader])].join(':');
