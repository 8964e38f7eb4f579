import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { watched } from '../../core/watched.ts';
import type { Db, Tx } from '../../db/client.ts';
import { alias, eq, sql } from '../../db/drizzle.ts';
import { auditEntries, users } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, listOf, longId, text } from '../../http/personal.ts';
import { toAccessLogEntry } from './audit.rules.ts';
import { accessLogEntry } from './audit.schemas.ts';

const actors = alias(users, 'actors');

/** Who did what with a person's record. Entries name ids only and are kept, without the networks they came from. */
export const personal = {
  columns: {
    'audit_entries.actor_id':
      'beside what they were refused, which is among the sign_ins: what they did with the records of others, whose data it is',
    'audit_entries.subject_id': 'access_log',
  },
  parts: {
    sign_ins: {
      shape: listOf(
        z.object({
          id: longId(50231),
          at: fields.out.instant,
          action: text(50),
          network: text(50).nullable(),
        }),
        'When somebody signed in or tried to, or was refused what is not theirs, and from which network.',
      ),
      example: [{ id: 50231, at: AT, action: 'sign_in', network: '203.0.113.7/32' }],
      /** Sign-ins to this account, what may be an attack on it, and what may be one by it: that is about nobody’s record. */
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: auditEntries.id,
            at: auditEntries.at,
            action: auditEntries.action,
            network: auditEntries.network,
          })
          .from(auditEntries)
          .where(
            // Each half by its own index.
            sql`${auditEntries.id} in (
              (select id from audit_entries where subject_id = ${person} and action in ${[...watched]} and id > ${after}
               order by id limit ${limit})
              union all
              (select id from audit_entries where actor_id = ${person} and subject_id is null
                 and action in ${[...watched]} and id > ${after} order by id limit ${limit}))`,
          )
          .orderBy(auditEntries.id)
          .limit(limit),
    },
    access_log: {
      shape: listOf(accessLogEntry, 'Who looked at this record or changed it.'),
      example: [
        {
          id: 50231,
          at: AT,
          by: { ...demo.doctor.name, role: 'doctor' },
          action: 'appointment.read',
          appointment: demo.visit.id,
          fields: [],
        },
      ],
      of_family: true as const,
      /** What GET /auth/me/access-log/ shows, as a whole. */
      async pages(db: Db, person: number, after: number, limit: number) {
        const rows = await db
          .select({
            id: auditEntries.id,
            at: auditEntries.at,
            action: auditEntries.action,
            details: auditEntries.details,
            actor_id: auditEntries.actor_id,
            actor_role: auditEntries.actor_role,
            actor_first_name: sql<string | null>`${actors.first_name}`.as('actor_first_name'),
            actor_last_name: sql<string | null>`${actors.last_name}`.as('actor_last_name'),
          })
          .from(auditEntries)
          .leftJoin(actors, eq(actors.id, auditEntries.actor_id))
          .where(
            // Each half by its own index.
            sql`${auditEntries.id} in (
              (select id from audit_entries where subject_id = ${person} and id > ${after}
                 and action not in ${[...watched]} order by id limit ${limit})
              union all
              (select id from audit_entries where people @> array[${person}]::integer[] and id > ${after}
               order by id limit ${limit}))`,
          )
          .orderBy(auditEntries.id)
          .limit(limit);
        return rows.map(toAccessLogEntry);
      },
    },
  },

  async eraseAfter(tx: Tx, person: number): Promise<void> {
    // Nothing else of an entry changes: see the trigger `audit_entries_append_only`.
    await tx.execute(sql`select set_config('clinic.audit_erasure', 'on', true)`);
    await tx.execute(sql`
      update audit_entries set network = null
      where network is not null and (subject_id = ${person} or actor_id = ${person})`);
    await tx.execute(sql`select set_config('clinic.audit_erasure', 'off', true)`);
  },
};
