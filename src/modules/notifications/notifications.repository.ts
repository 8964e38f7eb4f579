import type { NoticeKind } from '../../core/messages.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Role } from '../../core/roles.ts';
import { clientOf, type Db, type Tx } from '../../db/client.ts';
import { and, desc, eq, isNull, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, isOnPage, pageOf } from '../../db/page.ts';
import { appointments, notifications, users } from '../../db/schema/index.ts';
import { query, statement } from '../../db/sql.ts';
import {
  type NamedDoctors,
  namedDoctors,
  visitDoctors,
  visitFacts,
  visitOf,
  visitPatients,
} from '../../db/visit-facts.ts';

export interface NewNotification {
  key: string;
  user_id: number;
  kind: NoticeKind;
  appointment_id: number | undefined;
  params: Record<string, string>;
}

/** Unless the same key is there. */
export async function insertNotification(tx: Tx, notification: NewNotification, at: Date): Promise<void> {
  const { key, user_id, kind, appointment_id = null, params } = notification;
  await clientOf(tx).query({
    name: 'notifications.insert',
    text: `
      insert into notifications (key, user_id, kind, appointment_id, params, created_at)
      values ($1, $2, $3, $4, $5, $6) on conflict (key) do nothing`,
    values: [key, user_id, kind, appointment_id, params, at],
  });
}

const fields = {
  id: notifications.id,
  kind: notifications.kind,
  appointment: notifications.appointment_id,
  params: notifications.params,
  created_at: notifications.created_at,
  read_at: notifications.read_at,
  role: users.role,
  locale: users.locale,
  doctors: sql<NamedDoctors | null>`${sql.raw(namedDoctors('notifications.params'))}`.as('doctors'),
  ...visitFacts,
};

/** One page of a person's inbox, newest first, each with what its text is written from. */
export async function listNotifications(db: Db, user: number, unread: boolean, page: PageRequest) {
  const name = `notifications.list:${unread ? 'unread' : ''}`;
  const list = statement(name, () => {
    const mine = eq(notifications.user_id, sql.placeholder('user'));
    const where = unread ? and(mine, isNull(notifications.read_at)) : mine;
    const newest = desc(notifications.id);
    return query
      .select({
        ...fields,
        count: countUpToLimit(query.select({ one: sql`1` }).from(notifications).where(where)),
      })
      .from(pageOf(notifications, where, [newest]))
      .innerJoin(notifications, isOnPage(notifications))
      .innerJoin(users, eq(users.id, notifications.user_id))
      .leftJoin(appointments, eq(appointments.id, notifications.appointment_id))
      .leftJoin(visitDoctors, eq(visitDoctors.id, appointments.doctor_id))
      .leftJoin(visitPatients, eq(visitPatients.id, appointments.patient_id))
      .orderBy(newest);
  });
  const found = await fetchPage(page, (window) => list(db, { user, ...window }));
  return {
    ...found,
    rows: found.rows.map((row) => ({
      id: row.id,
      kind: row.kind as NoticeKind,
      appointment: row.appointment,
      params: row.params,
      created_at: row.created_at,
      read_at: row.read_at,
      role: row.role as Role,
      locale: row.locale,
      visit: visitOf(row),
    })),
  };
}

/** @returns false when this person has no such notification */
export async function markRead(db: Db, user: number, notification: number, at: Date): Promise<boolean> {
  const { rowCount } = await db.$client.query({
    name: 'notifications.read',
    text: 'update notifications set read_at = coalesce(read_at, $3) where id = $2 and user_id = $1',
    values: [user, notification, at],
  });
  return (rowCount ?? 0) > 0;
}

export async function markAllRead(db: Db, user: number, at: Date): Promise<void> {
  await db.$client.query({
    name: 'notifications.read-all',
    text: 'update notifications set read_at = $2 where user_id = $1 and read_at is null',
    values: [user, at],
  });
}
