import type { NoticeKind } from '../../../core/messages.ts';
import type { PageRequest } from '../../../core/page.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { listNewestFirst } from '../facts.repository.ts';

export interface NewNotification {
  key: string;
  user_id: number;
  kind: NoticeKind;
  appointment_id: number | undefined;
  params: Record<string, string>;
}

/** Nothing happens where the same key is there already. */
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

interface Columns {
  id: number;
  kind: NoticeKind;
  appointment: number | null;
  read_at: string | null;
}

/** One page of a person's inbox, newest first. */
export function listNotifications(db: Db, user: number, unread: boolean, page: PageRequest) {
  return listNewestFirst<Columns>(
    db,
    {
      name: `notifications.list:${unread ? 'unread' : ''}`,
      table: 'notifications',
      columns: 'm.id, m.appointment_id as appointment, m.read_at',
      where: `user_id = $3${unread ? ' and read_at is null' : ''}`,
      values: [user],
    },
    page,
  );
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
