import { z } from 'zod';
import type { Db } from '../../db/client.ts';
import { eq, sql } from '../../db/drizzle.ts';
import { doctorServices } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { listOf } from '../../http/personal.ts';

/** What a doctor gives. Whoever is erased gives nothing any more. */
export const personal = {
  columns: { 'doctor_services.doctor_id': 'services_given' },
  parts: {
    services_given: {
      shape: listOf(
        z.object({
          service: fields.id,
          duration_minutes: z.int().meta({ minimum: 5, maximum: 720 }).nullable(),
          has_own_price: z.boolean(),
          ...fields.outPrice,
        }),
        'What a doctor gives, where it differs from the clinic’s.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({
            service: doctorServices.service_id,
            duration_minutes: doctorServices.duration_minutes,
            has_own_price: doctorServices.has_own_price,
            price: doctorServices.price,
            currency: doctorServices.currency,
          })
          .from(doctorServices)
          .where(eq(doctorServices.doctor_id, person))
          .orderBy(doctorServices.service_id),
    },
  },

  erase: (person: number) => ({
    given: sql`delete from doctor_services where doctor_id = ${person}`,
  }),
};
