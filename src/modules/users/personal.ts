import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import type { Db } from '../../db/client.ts';
import { eq, sql } from '../../db/drizzle.ts';
import { branches, receptionistBranches, users } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, listOf, text } from '../../http/personal.ts';

/** Who somebody is. Their erasure empties this row and keeps it, for the history of others (erasure.service). */
export const personal = {
  columns: { 'receptionist_branches.user_id': 'branches' },
  parts: {
    user: {
      shape: z.object({
        id: fields.id,
        username: fields.out.username.nullable().meta({ description: 'Null without a sign-in.' }),
        role: fields.role,
        is_active: z.boolean(),
        first_name: fields.out.name,
        last_name: fields.out.name,
        email: fields.out.email,
        email_verified_at: fields.out.instant.nullable(),
        phone: fields.out.phone,
        phone_verified_at: fields.out.instant.nullable(),
        phone_reached_at: fields.out.instant.nullable(),
        locale: fields.locale.nullable(),
        created_at: fields.out.instant,
      }),
      example: {
        id: demo.patient.id,
        username: 'aziza.karimova',
        role: 'patient',
        is_active: true,
        first_name: 'Aziza',
        last_name: 'Karimova',
        email: null,
        email_verified_at: null,
        phone: demo.patient.phone,
        phone_verified_at: AT,
        phone_reached_at: null,
        locale: 'uz',
        created_at: AT,
      },
      of_family: true as const,
      row: {
        table: users,
        person: users.id,
        columns: {
          id: users.id,
          // Whoever has no sign-in has no user name to know.
          username: sql<
            string | null
          >`case when ${users.username} not like '~%' then ${users.username} end`.as('own_username'),
          role: users.role,
          is_active: users.is_active,
          first_name: users.first_name,
          last_name: users.last_name,
          email: users.email,
          email_verified_at: users.email_verified_at,
          phone: users.phone,
          phone_verified_at: users.phone_verified_at,
          phone_reached_at: users.phone_reached_at,
          locale: users.locale,
          created_at: users.created_at,
        },
      },
    },
    branches: {
      shape: listOf(
        z.object({ id: fields.id, name: text(200) }),
        'The branches that a receptionist was given.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({ id: branches.id, name: branches.name })
          .from(receptionistBranches)
          .innerJoin(branches, eq(branches.id, receptionistBranches.branch_id))
          .where(eq(receptionistBranches.user_id, person))
          .orderBy(branches.id),
    },
  },

  erase: (person: number) => ({
    at_desk: sql`delete from receptionist_branches where user_id = ${person}`,
  }),
};
