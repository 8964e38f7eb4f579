import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

export const correction = documented(
  z.object({
    patient: fields.id.meta({ description: 'Whose visit it is in truth.', examples: [demo.patient.id] }),
  }),
  {
    id: 'PatientCorrection',
    description: 'Whose a visit is.',
    examples: { example: { summary: 'Another patient', value: { patient: demo.patient.id } } },
  },
);
export type PatientCorrection = z.infer<typeof correction>;
