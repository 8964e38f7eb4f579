import { clientOf, type Executor } from '../../../db/client.ts';
import { unseen } from '../../../db/sql.ts';
import { canBeHad, inFamily, isOpenTo, isWithinNumber } from '../../availability/bookable.sql.ts';
import type { Bounds } from '../../availability/policy.rules.ts';
import { freeRoom } from '../../availability/rooms.sql.ts';
import { isForNewOrKnown, isOfAge, servicePrice, slotsFrom } from '../../availability/services.sql.ts';
import { type AppointmentRow, toAppointment } from '../appointments.repository.ts';
import type { Appointment } from '../appointments.schemas.ts';
import {
  type Booking,
  bookedColumns,
  bookedStatus,
  bookingDoctor,
  bookingPatient,
  bookingPatients,
  bookingValues,
  eachOf,
  type RowOfGroup,
  togetherValues,
  wantedTogether,
} from './booking.repository.ts';

export type ServiceBooking = Booking & { service: number };

/** Written by both ways of booking: a visit keeps the name and the price of its service as they are now. */
const serviceColumns = `
  doctor_id, patient_id, timeslot_id, further_timeslots, date, start_time, end_time, branch_id, room_id, service_id,
  service_name, price, currency, booked_by, status, created_at, updated_at, reason`;

/**
 * Books a service that a slot's doctor gives, from that slot on, in one statement. It works like `insertAppointment` and takes
 * as many slots as the service lasts. It locks their branch and room first: the slots are changed twice, and that asks for these
 * anew. Then it locks all of the slots in the order of their ids and judges each of them, so that somebody who books one of
 * them at the same time gets it, or the visit gets the whole. Where the service needs a room it takes a free one: that which a
 * hold or an offer has kept for it, if any.
 * @returns undefined when some rule refused
 * @throws the refusal by `room_uses_no_overlap` when somebody took the room in this very moment
 */
export async function insertServiceVisit(
  executor: Executor,
  booking: ServiceBooking,
  bounds: Bounds,
): Promise<Appointment | undefined> {
  const { rows } = await clientOf(executor).query<AppointmentRow>({
    name: 'appointments.book-service',
    text: `
      with patient as materialized (${bookingPatient}), service as materialized (
        select v.id, v.name, v.room_kind, ${servicePrice}, ${slotsFrom('first')} as slots
        from timeslots first
        join doctor_services g on g.doctor_id = first.doctor_id and g.service_id = $15
        join services v on v.id = g.service_id and v.is_active
        where (select id from patient) is not null and first.id = $1
          and ${isOfAge('$2', 'first.date')} and ${isForNewOrKnown('$2')}
      ), branch as materialized (
        select b.id from timeslots s join branches b on b.id = s.branch_id
        where s.id = (select slots[1] from service) for key share of b
      ), room as materialized (
        select r.id from branch cross join timeslots s join rooms r on r.id = s.room_id
        where s.id = (select slots[1] from service) for key share of r
      ), locked as materialized (
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id, s.held_room_id
        from timeslots s
        where (select count(*) from branch) > 0 and (select count(*) from room) >= 0
          and s.id = any ((select slots from service)::integer[]) and ${canBeHad(inFamily('$2', '$3'), 5)}
          and (s.id <> $1 or ${isWithinNumber('$2', 5, '$13')})
        order by s.id
        for no key update of s
      ), whole as materialized (
        select first.id, first.doctor_id, first.date, first.start_time, (select max(end_time) from locked) as end_time,
          first.branch_id, first.room_id, first.held_room_id, doctor.*, service.id as service_id, service.name, service.price,
          service.currency, service.room_kind, service.slots
        from service join locked first on first.id = $1 cross join ${bookingDoctor('first')}
        where (select count(*) from locked) = cardinality(service.slots)
      ), slot as materialized (
        select whole.*, case when whole.room_kind is not null then ${freeRoom({
          now: '$5',
          branch: 'whole.branch_id',
          kind: 'whole.room_kind',
          date: 'whole.date',
          starts: 'whole.start_time',
          ends: 'whole.end_time',
          slots: 'whole.slots',
          patient: '$2',
          first: 'whole.room_id',
          kept: 'whole.held_room_id',
        })} end as room
        from whole
      ), booked as (
        insert into appointments (${serviceColumns})
        select slot.doctor_id, patient.id, slot.id, slot.slots[2:], slot.date, slot.start_time, slot.end_time,
          slot.branch_id, coalesce(slot.room, slot.room_id), slot.service_id, slot.name, slot.price, slot.currency, $3,
          ${bookedStatus('$4')}, $5, $5, $14
        from slot, patient
        where slot.room_kind is null or slot.room is not null
        on conflict do nothing
        returning *
      )
      select ${bookedColumns} from booked, slot, patient`,
    values: [...bookingValues(booking, bounds), booking.service],
  });
  return rows[0] && toAppointment(rows[0]);
}

/**
 * Books services of several patients in one statement, each for themself and without a limit of their number. It works like
 * `insertAppointments`, and locks what `insertServiceVisit` does. Slots and rooms are given out one booking after another, so that
 * no two get one at the same time. Rows are written in the order of the rooms and of the times: two groups that take the
 * same ones would otherwise wait for each other.
 * @param bounds those of a patient
 * @returns in the order of `bookings`; undefined where some rule refused
 * @throws the refusal by `room_uses_no_overlap` when somebody took one of the rooms in this very moment
 */
export async function insertServiceVisits(
  executor: Executor,
  bookings: readonly ServiceBooking[],
  bounds: Bounds,
): Promise<(Appointment | undefined)[]> {
  const { rows } = await clientOf(executor).query<RowOfGroup>({
    name: 'appointments.book-services-together',
    text: `
      with recursive wanted as materialized (${wantedTogether({ service: unseen('$14', 'integer[]') })}), patient as materialized (${bookingPatients}), service as materialized (
        select w.*, v.name, v.room_kind, ${servicePrice}, ${slotsFrom('first')} as slots
        from wanted w join timeslots first on first.id = w.timeslot
        join doctor_services g on g.doctor_id = first.doctor_id and g.service_id = w.service
        join services v on v.id = g.service_id and v.is_active
        where w.patient = any (array(select id from patient))
          and ${isOfAge('w.patient', 'first.date')} and ${isForNewOrKnown('w.patient')}
      ), branch as materialized (
        select b.id from branches b
        where b.id in (select s.branch_id from service join timeslots s on s.id = service.timeslot)
        order by b.id for key share
      ), room as materialized (
        select r.id from rooms r
        where (select count(*) from branch) > 0
          and r.id in (select s.room_id from service join timeslots s on s.id = service.timeslot)
        order by r.id for key share
      ), locked as materialized (
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id, s.held_room_id, s.held_by,
          s.held_until, s.is_waitlisted, s.last_held_by
        from timeslots s
        where (select count(*) from branch) > 0 and (select count(*) from room) >= 0
          and s.id = any (array(select unnest(slots) from service)) and ${canBeHad('s.held_by', 5)}
        order by s.id
        for no key update of s
      ), whole as materialized (
        select w.*, run.*, doctor.*, row_number() over (order by w.nth) as place,
          tsrange(run.date + run.start_time, run.date + run.end_time) as time
        from service w cross join lateral (
          select count(*) as count, min(s.doctor_id) as doctor_id, min(s.date) as date, min(s.start_time) as start_time,
            max(s.end_time) as end_time, min(s.branch_id) as branch_id, min(s.room_id) as room_id,
            (array_agg(s.held_room_id order by s.start_time))[1] as held_room_id
          from locked s
          where s.id = any (w.slots)
            and ${isOpenTo(inFamily('w.patient', 'w.booked_by', 's'), { now: '$5', reach: '$11' })}) run
        cross join ${bookingDoctor('run')}
        where run.count = cardinality(w.slots) and run.doctor_id <> w.patient
      ), placed as (
        select 0::bigint as place, false as has_won, null::integer as room, '{}'::integer[] as taken, '{}'::integer[] as rooms,
          '{}'::tsrange[] as times
        union all
        select next.place, verdict.has_won, found.room,
          case when verdict.has_won then placed.taken || next.slots else placed.taken end,
          placed.rooms || case when verdict.has_won then coalesce(found.room, next.room_id) end, placed.times || next.time
        from placed join whole next on next.place = placed.place + 1
        cross join lateral (select not (next.slots && placed.taken) as is_left) slots
        cross join lateral (select case when next.room_kind is not null and slots.is_left then ${freeRoom({
          now: '$5',
          branch: 'next.branch_id',
          kind: 'next.room_kind',
          date: 'next.date',
          starts: 'next.start_time',
          ends: 'next.end_time',
          slots: 'next.slots',
          patient: 'next.patient',
          first: 'next.room_id',
          kept: 'next.held_room_id',
          also: `r.id <> all (array(
            select given.room from unnest(placed.rooms, placed.times) given (room, time)
            where given.room is not null and given.time && next.time))`,
        })} end as room) found
        cross join lateral (
          select slots.is_left and (next.room_kind is null or found.room is not null) as has_won) verdict
      ), slot as materialized (
        select w.*, coalesce(placed.room, w.room_id) as room
        from whole w join placed on placed.place = w.place and placed.has_won
      ), booked as (
        insert into appointments (${serviceColumns})
        select slot.doctor_id, slot.patient, slot.timeslot, slot.slots[2:], slot.date, slot.start_time, slot.end_time,
          slot.branch_id, slot.room, slot.service, slot.name, slot.price, slot.currency, slot.booked_by,
          ${bookedStatus('slot.status')}, $5, $5, slot.reason
        from slot
        order by slot.room, slot.date, slot.start_time, slot.patient
        on conflict do nothing
        returning *
      )
      select ${bookedColumns}, slot.nth::integer
      from booked join slot on slot.timeslot = booked.timeslot_id join patient on patient.id = booked.patient_id`,
    values: [...togetherValues(bookings, bounds), bookings.map(({ service }) => service)],
  });
  return eachOf(bookings, rows);
}
