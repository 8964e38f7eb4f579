import { PLACE } from './place-columns.ts';

/** What a calendar is told of a visit `a`, as columns; what it is about is not among them. */
export const CALENDAR_COLUMNS = `
  c.clinic_uid, (
    select k.epoch from calendar_epochs k where k.after_appointment < a.id order by k.after_appointment desc limit 1) as epoch, a.id, a.version, a.status, a.date, a.start_time, a.end_time, a.created_at, a.updated_at,
  array[d.first_name, d.last_name] as doctor, array[p.first_name, p.last_name] as patient,
  ${PLACE} as place`;

export const CALENDAR_JOINS = `
  join clinic_settings c on true
  join users d on d.id = a.doctor_id
  join users p on p.id = a.patient_id
  join branches b on b.id = a.branch_id`;
