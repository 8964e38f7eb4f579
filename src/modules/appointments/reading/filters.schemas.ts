import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { pageQuery } from '../../../http/page.ts';
import { status } from '../appointments.schemas.ts';

/** The filters of every list of appointments, and of the export. filters.repository.ts says what each asks for. */
const filters = {
  ...fields.dateFilters,
  branch: fields.branchText.optional(),
  status: status.optional().meta({ description: 'Only those in this status.', examples: ['pending'] }),
};
const people = {
  doctor: fields.idText.optional().meta({ description: 'Only this doctor’s.', examples: [demo.doctor.id] }),
  patient: fields.idText
    .optional()
    .meta({ description: 'Only this patient’s.', examples: [demo.patient.id] }),
};

export const onlyPages = z.object(pageQuery);
export const ownFilters = fields.orderedRange(
  z.object({
    ...pageQuery,
    ...filters,
    patient: people.patient.meta({
      description: 'Only this patient’s. A patient names themself or somebody whom they look after.',
    }),
  }),
);
export const allFilters = fields.orderedRange(z.object({ ...pageQuery, ...filters, ...people }));
/** The same filters without pages. */
export const exportFilters = fields.orderedRange(z.object({ ...filters, ...people }));

export type AppointmentFilters = z.infer<typeof allFilters>;
export type OwnFilters = z.infer<typeof ownFilters>;
export type ExportFilters = z.infer<typeof exportFilters>;
