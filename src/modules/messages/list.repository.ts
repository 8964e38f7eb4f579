import type { MessageKind } from '../../core/messages.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Role } from '../../core/roles.ts';
import type { Channel } from '../../core/words.ts';
import type { Db } from '../../db/client.ts';
import { and, desc, eq, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, isOnPage, pageOf } from '../../db/page.ts';
import { appointments, messages, users } from '../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';
import {
  type NamedDoctors,
  namedDoctors,
  visitDoctors,
  visitFacts,
  visitOf,
  visitPatients,
} from '../../db/visit-facts.ts';
import type { MessageRecord } from './messages.schemas.ts';

const fields = {
  id: messages.id,
  user_id: messages.user_id,
  user_first_name: sql<string | null>`${users.first_name}`.as('user_first_name'),
  user_last_name: sql<string | null>`${users.last_name}`.as('user_last_name'),
  role: users.role,
  locale: users.locale,
  channel: messages.channel,
  kind: messages.kind,
  appointment: messages.appointment_id,
  params: messages.params,
  status: messages.status,
  attempts: messages.attempts,
  provider_id: messages.provider_id,
  error: messages.error,
  created_at: messages.created_at,
  due_at: messages.due_at,
  sent_at: messages.sent_at,
  doctors: sql<NamedDoctors | null>`${sql.raw(namedDoctors('messages.params'))}`.as('doctors'),
  ...visitFacts,
};

export interface Filters {
  status?: MessageRecord['status'] | undefined;
  channel?: Channel | undefined;
  user?: number | undefined;
}

const conditions: { [Name in keyof Required<Filters>]: SQL } = {
  status: eq(messages.status, sql.placeholder('status')),
  channel: eq(messages.channel, sql.placeholder('channel')),
  user: eq(messages.user_id, sql.placeholder('user')),
};

/** One page of messages, newest first, each with what its text is written from. */
export async function listMessages(db: Db, filters: Filters, page: PageRequest) {
  const given = (Object.keys(conditions) as (keyof Filters)[]).filter((name) => filters[name] !== undefined);
  const name = `messages.list:${given.join()}`;
  const build = () => {
    const where = and(...given.map((filter) => conditions[filter]));
    const newest = desc(messages.id);
    return query
      .select({ ...fields, count: countUpToLimit(query.select({ one: sql`1` }).from(messages).where(where)) })
      .from(pageOf(messages, where, [newest]))
      .innerJoin(messages, isOnPage(messages))
      .innerJoin(users, eq(users.id, messages.user_id))
      .leftJoin(appointments, eq(appointments.id, messages.appointment_id))
      .leftJoin(visitDoctors, eq(visitDoctors.id, appointments.doctor_id))
      .leftJoin(visitPatients, eq(visitPatients.id, appointments.patient_id))
      .orderBy(newest);
  };
  const list = statement(name, build, UNNAMED);
  const found = await fetchPage(page, (window) => list(db, { ...filters, ...window }));
  return {
    ...found,
    rows: found.rows.map(({ user_id, user_first_name, user_last_name, role, locale, params, ...row }) => {
      const kind = row.kind as MessageKind;
      return {
        id: row.id,
        user: { id: user_id, first_name: user_first_name, last_name: user_last_name },
        channel: row.channel,
        kind,
        appointment: row.appointment,
        status: row.status,
        attempts: row.attempts,
        provider_id: row.provider_id,
        error: row.error,
        created_at: row.created_at,
        due_at: row.due_at,
        sent_at: row.sent_at,
        locale,
        facts: { kind, role: role as Role, params, visit: visitOf({ ...row, params }) },
      };
    }),
  };
}
