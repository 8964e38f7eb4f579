import { clientOf, type Executor } from '../../../db/client.ts';
import { canBeHad, inFamily, isWithinNumber } from '../../availability/bookable.sql.ts';
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
  bookingValues,
} from './booking.repository.ts';

/**
 * Books a service that a slot's doctor gives, from that slot on, in one statement. It works like `insertAppointment` and takes
 * as many slots as the service lasts. It locks their branch and room first: the slots are changed twice, and that asks for these
 * anew. Then it locks all of the slots in the order of their ids and judges each of them, so that somebody who books one of
 * them at the same time gets it, or the visit gets the whole. Where the service needs a room it takes a free one; the visit
 * keeps the name and the price of the service as they are now.
 * @returns undefined when some rule refused
 * @throws the refusal by `room_uses_no_overlap` when somebody took the room in this very moment
 */
export async function insertServiceVisit(
  executor: Executor,
  booking: Booking & { service: number },
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
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id
        from timeslots s
        where (select count(*) from branch) > 0 and (select count(*) from room) >= 0
          and s.id = any ((select slots from service)::integer[]) and ${canBeHad(inFamily('$2', '$3'), 5)}
          and (s.id <> $1 or ${isWithinNumber('$2', 5, '$13')})
        order by s.id
        for no key update of s
      ), whole as materialized (
        select first.id, first.doctor_id, first.date, first.start_time, (select max(end_time) from locked) as end_time,
          first.branch_id, first.room_id, doctor.*, service.id as service_id, service.name, service.price,
          service.currency, service.room_kind, service.slots
        from service join locked first on first.id = $1 cross join ${bookingDoctor('first')}
        where (select count(*) from locked) = cardinality(service.slots)
      ), slot as materialized (
        select whole.*, case when whole.room_kind is not null then ${freeRoom({
          branch: 'whole.branch_id',
          kind: 'whole.room_kind',
          date: 'whole.date',
          starts: 'whole.start_time',
          ends: 'whole.end_time',
          slots: 'whole.slots',
          first: 'whole.room_id',
        })} end as room
        from whole
      ), booked as (
        insert into appointments (
          doctor_id, patient_id, timeslot_id, further_timeslots, date, start_time, end_time, branch_id, room_id, service_id,
          service_name, price, currency, booked_by, status, created_at, updated_at, reason)
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
