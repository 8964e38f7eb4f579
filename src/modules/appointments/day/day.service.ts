import { createHash } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { doctorFor } from '../../../core/on-behalf.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Db, Executor } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type PolicySource, type Reach, reachOn } from '../../availability/index.ts';
import { shownTo } from '../shown.rules.ts';
import { type DayRow, readDay } from './day.repository.ts';
import type { DayEntry, DayFound, DayQuery } from './day.schemas.ts';

interface DayDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'recordShown'>;
  settings: PolicySource;
  reach: Pick<Reach, 'of'>;
  /** Those of these people whom messages reach. */
  reached: (executor: Executor, people: readonly number[]) => Promise<ReadonlySet<number>>;
}

export type { Day } from './day.schemas.ts';

/** A doctor's day as one list, for the doctor and for the desk. */
export function createDay({ db, clock, audit, settings, reach: reaching, reached }: DayDependencies) {
  /** The same patients are noted once. Whoever is booked after a reader has looked is noted when they look again. */
  async function note(caller: Caller, day: { doctor: number; date: string }, entries: DayEntry[]) {
    const all = entries.flatMap(({ appointment }) => (appointment ? [appointment.patient.id] : []));
    const people = [...new Set(all)].sort((one, other) => one - other);
    if (people.length === 0) return;
    const whom = createHash('sha256').update(people.join()).digest('base64url');
    const once = `day:${caller.id}:${day.doctor}:${day.date}:${whom}`;
    await audit.recordShown(caller, { action: 'appointment.day', details: day, people, once });
  }

  return {
    /**
     * Reads a day, by default today. Who looked is noted once a day for each reader, doctor, day and its patients, however
     * often the list is fetched.
     * @throws AppError doctor_not_found, forbidden (another doctor's), invalid_input (staff who name no doctor)
     */
    async read({ date: named, doctor: whose, branch }: DayQuery, caller: Caller): Promise<DayFound> {
      const doctor = doctorFor(whose, caller);
      const wall = clock.wall();
      const date = named ?? wall.date;
      const branches = await reaching.of(caller);
      const reach = reachOn(wall.date, await settings.policy());
      const asked = { doctor, date, branch, reader: caller.id, branches, now: clock.now(), wall, reach };
      const rows = await readDay(db, asked);
      const [first] = rows;
      if (!first) throw new AppError('doctor_not_found');
      const visits = rows.filter(({ id }) => id !== null);
      const people = [...new Set(visits.map(({ patient_id }) => patient_id))];
      const told = people.length > 0 ? await reached(db, people) : new Set<number>();
      const entries = rows
        .filter(({ start_time }) => start_time !== null)
        .map((row) => entryOf(row, told.has(row.patient_id), caller));
      await note(caller, { doctor, date }, entries);
      const { doctor_first_name: first_name, doctor_last_name: last_name, specialization, locale } = first;
      return { date, doctor: { id: doctor, first_name, last_name, specialization }, entries, locale };
    },
  };
}

function entryOf(row: DayRow, reachable: boolean, { role }: Caller): DayEntry {
  const { start_time, end_time, timeslots, branch, room, room_name, is_available } = row;
  const place = { start_time: start_time ?? '', end_time, timeslots, branch, room, room_name, is_available };
  const { id, status, attendance, version, service_id, service_name, reason, note } = row;
  if (id === null) return { ...place, appointment: null };
  const patient = {
    id: row.patient_id,
    first_name: row.patient_first_name,
    last_name: row.patient_last_name,
    phone: row.patient_phone,
    date_of_birth: row.patient_date_of_birth,
    is_known: row.is_known,
    reachable,
  };
  const service =
    service_id === null || service_name === null ? null : { id: service_id, name: service_name };
  const visit = { id, status, attendance, patient, service, reason, cancel_reason: null, note, version };
  return { ...place, appointment: shownTo(visit, role) };
}
