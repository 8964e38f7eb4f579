import { z } from 'zod';
import { demo } from '../core/demo.ts';
import { COUNT_MAX, id } from './fields.ts';

/** What the document of a person's data is described with, in every module's `personal`. */

export const text = (maxLength: number) => z.string().meta({ maxLength });

/** A list that ends where the person's data ends. */
export const listOf = <Row extends z.ZodType>(row: Row, description: string) =>
  z.array(row).meta({ description, maxItems: 2_147_483_647 });

export const params = z
  .record(text(50), text(500))
  .meta({ description: 'What the text was made with, beside the appointment.', examples: [{ lead: '24h' }] });

export const appointmentOrNull = id
  .nullable()
  .meta({ description: 'The appointment it was about.', examples: [demo.visit.id] });

/** The id of what is counted in billions. */
export const longId = (example: number) =>
  z.int().meta({ format: 'int64', minimum: 1, maximum: COUNT_MAX, examples: [example] });

/** The instant of the document's examples. */
export const AT = '2028-03-01T09:30:00.000Z';
