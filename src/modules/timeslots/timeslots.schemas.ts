import { z } from 'zod';
import * as fields from '../../http/fields.ts';
import { pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';
import { slotError } from './timeslots.rules.ts';

export const timeslot = z
  .object({
    id: fields.id,
    doctor: fields.id,
    date: fields.out.date,
    start_time: fields.out.time,
    end_time: fields.out.time,
    is_available: z
      .boolean()
      .meta({ description: 'No active appointment holds it and its start lies ahead.' }),
  })
  .meta({
    id: 'Timeslot',
    examples: [
      { id: 431, doctor: 12, date: '2026-12-01', start_time: '10:00', end_time: '10:30', is_available: true },
    ],
  });
export type Timeslot = z.infer<typeof timeslot>;

export const newTimeslot = z
  .object({
    doctor: fields.id.optional().meta({ description: 'For admins, who must name one.' }),
    date: fields.date,
    start_time: fields.clockTime,
    end_time: fields.clockTime,
  })
  .superRefine((slot, context) => {
    const wrong = slotError(slot);
    if (wrong) context.addIssue({ code: 'custom', path: ['end_time'], ...issue(wrong) });
  })
  .meta({ id: 'NewTimeslot', examples: [{ date: '2026-12-01', start_time: '10:00', end_time: '10:30' }] });
export type NewTimeslot = z.infer<typeof newTimeslot>;

export const freeSlotFilters = fields.orderedRange(z.object({ ...pageQuery, ...fields.dateFilters }));

export const ownSlotFilters = fields.orderedRange(
  z.object({ ...pageQuery, ...fields.dateFilters, is_available: fields.flagText.optional() }),
);
export type OwnSlotFilters = z.infer<typeof ownSlotFilters>;
