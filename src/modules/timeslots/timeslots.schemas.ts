import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { cursorOf, noPageBeside, upcomingPlaces } from '../../http/cursor.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { updatesQuery, withUpdates } from '../../http/updates.ts';
import { issue } from '../../http/zod.ts';
import { slotError } from './timeslots.rules.ts';

export const timeslot = documented(
  z.object({
    id: fields.id,
    doctor: fields.id.meta({ description: 'The doctor’s id.' }),
    date: fields.out.date,
    start_time: fields.out.time,
    end_time: fields.out.time,
    branch: fields.out.branch,
    room: fields.out.room,
    is_available: z
      .boolean()
      .meta({ description: 'No active appointment holds it and its start lies ahead.' }),
  }),
  {
    id: 'Timeslot',
    description: 'A doctor’s opening for one visit.',
    examples: {
      free: {
        summary: 'A free slot',
        value: {
          id: demo.slots.free.id,
          doctor: demo.doctor.id,
          date: demo.day,
          start_time: '10:00',
          end_time: '10:30',
          branch: demo.branch.id,
          room: null,
          is_available: true,
        },
      },
    },
  },
);
export type Timeslot = z.infer<typeof timeslot>;

export const timeslotPage = pageOf('TimeslotPage', 'One page of slots.', timeslot, {
  cursor: true,
  updates: true,
});

/** The same of one slot and of many. */
export const despiteHoliday = z
  .boolean()
  .default(false)
  .meta({
    description: 'Publishes on a holiday of the clinic, on purpose; without it that is refused.',
    examples: [false],
  });

export const newTimeslot = documented(
  z
    .object({
      doctor: fields.id.optional().meta({
        description: 'For staff, who must name one; doctors leave it out.',
        examples: [demo.doctor.id],
      }),
      date: fields.date,
      start_time: fields.clockTime,
      end_time: fields.clockTime,
      ...fields.hoursPlace,
      despite_holiday: despiteHoliday,
    })
    .superRefine((slot, context) => {
      const wrong = slotError(slot);
      if (wrong) context.addIssue({ code: 'custom', path: ['end_time'], ...issue(wrong) });
    }),
  {
    id: 'NewTimeslot',
    description: 'An opening of 5 minutes to 12 hours within one day.',
    examples: {
      doctor: {
        summary: 'As a doctor',
        value: { date: demo.day, start_time: '11:00', end_time: '11:30' },
      },
      admin: {
        summary: 'As an admin, for a doctor',
        value: { doctor: demo.doctor.id, date: demo.day, start_time: '11:30', end_time: '12:00' },
      },
      place: {
        summary: 'In a branch, in one of its rooms',
        value: {
          date: demo.day,
          start_time: '12:00',
          end_time: '12:30',
          branch: demo.branch.id,
          room: demo.room.id,
        },
      },
    },
  },
);
export type NewTimeslot = z.output<typeof newTimeslot>;

/** The same for one doctor and for all. */
export const serviceFilter = fields.idText.optional().meta({
  description:
    'Only slots from which this service fits: its whole time is free, and a room where it needs one.',
  examples: [1],
});

/** By which names the cursors of these lists are read back. */
export const FREE_LIST = 'free-slots';
export const OWN_LIST = 'slots';

/** Soonest first: a doctor’s slots never overlap. */
const freePlaces = z.tuple([fields.date, fields.clockTime]);

export const freeSlotFilters = fields
  .orderedRange(
    z.object({
      ...pageQuery,
      cursor: cursorOf(FREE_LIST, freePlaces),
      ...fields.dateFilters,
      branch: fields.branchText.optional(),
      service: serviceFilter,
    }),
  )
  .refine(...noPageBeside());

export type FreeSlotFilters = z.infer<typeof freeSlotFilters>;

export const ownSlotFilters = withUpdates(
  fields.orderedRange(
    z.object({
      ...pageQuery,
      ...updatesQuery(OWN_LIST, upcomingPlaces),
      ...fields.dateFilters,
      branch: fields.branchText.optional(),
      is_available: fields.flagText
        .optional()
        .meta({ description: 'Only free slots, or only those that are not.' }),
    }),
  ),
);
export type OwnSlotFilters = z.infer<typeof ownSlotFilters>;
