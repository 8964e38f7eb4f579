import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { separatorText } from '../../../http/csv.ts';
import { cursorOf, noPageBeside, upcomingPlaces } from '../../../http/cursor.ts';
import * as fields from '../../../http/fields.ts';
import { pageQuery } from '../../../http/page.ts';
import { updatesQuery, withUpdates } from '../../../http/updates.ts';
import { status } from '../appointments.schemas.ts';

/** The filters of every list of appointments, and of the export. filters.repository.ts says what each asks for. */
const filters = {
  ...fields.dateFilters,
  branch: fields.branchText.optional(),
  status: fields
    .severalOf(status, ['pending', 'confirmed'])
    .optional()
    .meta({ description: 'Only those in one of these statuses.' }),
};
const people = {
  doctor: fields.idText.optional().meta({ description: 'Only this doctor’s.', examples: [demo.doctor.id] }),
  patient: fields.idText
    .optional()
    .meta({ description: 'Only this patient’s.', examples: [demo.patient.id] }),
};

/** By which name the cursors of these lists are read back. */
export const LIST = 'appointments';
const paging = { ...pageQuery, cursor: cursorOf(LIST, upcomingPlaces) };

export const onlyPages = z.object(pageQuery);
export const ownFilters = fields
  .orderedRange(
    z.object({
      ...paging,
      ...filters,
      patient: people.patient.meta({
        description: 'Only this patient’s. A patient names themself or somebody whom they look after.',
      }),
    }),
  )
  .refine(...noPageBeside());
export const allFilters = withUpdates(
  fields.orderedRange(
    z.object({
      ...pageQuery,
      ...updatesQuery(LIST, upcomingPlaces),
      ...filters,
      ...people,
    }),
  ),
);
/** The same filters without pages. */
export const exportFilters = fields.orderedRange(z.object({ ...filters, ...people }));
export const exportQuery = fields.orderedRange(
  z.object({ ...exportFilters.shape, separator: separatorText }),
);

export type AppointmentFilters = z.infer<typeof allFilters>;
export type OwnFilters = z.infer<typeof ownFilters>;
export type ExportFilters = z.infer<typeof exportFilters>;
