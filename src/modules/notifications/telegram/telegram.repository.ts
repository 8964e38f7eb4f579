import type { Role } from '../../../core/roles.ts';
import type { ActiveStatus, Locale } from '../../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { isStillToCome } from '../../availability/visits.sql.ts';
import { dependantsOf } from '../../patients/families/guardians.sql.ts';

/** The chat that is linked to a person; undefined where none is. */
export async function findChat(executor: Executor, user: number): Promise<string | undefined> {
  const { rows } = await clientOf(executor).query<{ chat_id: string }>({
    name: 'telegram.chat',
    text: 'select chat_id from telegram_chats where user_id = $1',
    values: [user],
  });
  return rows[0]?.chat_id;
}

/**
 * Links a chat to a person. A person has at most one chat, and a chat belongs to one person. The person's other deep links end,
 * so that none of them replaces this chat.
 * @returns the other person whose chat it was before
 */
export async function linkChat(tx: Tx, user: number, chat: string, at: Date): Promise<number | undefined> {
  const client = clientOf(tx);
  const { rows } = await client.query<{ user_id: number }>({
    name: 'telegram.free-chat',
    text: 'delete from telegram_chats where chat_id = $1 and user_id <> $2 returning user_id',
    values: [chat, user],
  });
  await client.query({
    name: 'telegram.end-links',
    text: "update one_use_links set used_at = $2 where user_id = $1 and purpose = 'telegram' and used_at is null",
    values: [user, at],
  });
  await client.query({
    name: 'telegram.link',
    text: `
      insert into telegram_chats (user_id, chat_id, linked_at) values ($1, $2, $3)
      on conflict (user_id) do update set chat_id = excluded.chat_id, linked_at = excluded.linked_at`,
    values: [user, chat, at],
  });
  return rows[0]?.user_id;
}

/**
 * @param chat only this one; left out, whichever it is
 * @returns whether it was linked
 */
export async function unlinkUser(executor: Executor, user: number, chat?: string): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'telegram.unlink-user',
    text: 'delete from telegram_chats where user_id = $1 and ($2::text is null or chat_id = $2)',
    values: [user, chat],
  });
  return (rowCount ?? 0) > 0;
}

/** @returns whose chat it was */
export async function unlinkChat(tx: Tx, chat: string): Promise<number | undefined> {
  const { rows } = await clientOf(tx).query<{ user_id: number }>({
    name: 'telegram.unlink-chat',
    text: 'delete from telegram_chats where chat_id = $1 returning user_id',
    values: [chat],
  });
  return rows[0]?.user_id;
}

interface ChatOwner {
  user_id: number;
  role: Role;
  locale: Locale | null;
}

/** Whose chat it is. A person who is out is answered like a stranger, and has their chat again once they are let in. */
export async function findOwner(executor: Executor, chat: string): Promise<ChatOwner | undefined> {
  const { rows } = await clientOf(executor).query<ChatOwner>({
    name: 'telegram.owner',
    text: `
      select c.user_id, u.role, u.locale from telegram_chats c join users u on u.id = c.user_id
      where c.chat_id = $1 and u.is_active`,
    values: [chat],
  });
  return rows[0];
}

interface NextVisit {
  date: string;
  start_time: string;
  status: ActiveStatus;
  doctor_id: number;
  patient_id: number;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  patient_first_name: string | null;
  patient_last_name: string | null;
}

/** A person's visits that are still to come, soonest first, as their doctor or as their patient, and those of whom they look after. */
export async function nextVisits(
  db: Db,
  user: number,
  wall: { date: string; time: string },
  limit: number,
  adult: string,
): Promise<NextVisit[]> {
  const { rows } = await db.$client.query<NextVisit>({
    name: 'telegram.next-visits',
    text: `
      select a.date, a.start_time, a.status, a.doctor_id, a.patient_id, d.first_name as doctor_first_name,
        d.last_name as doctor_last_name, p.first_name as patient_first_name, p.last_name as patient_last_name
      from (
        (select v.* from appointments v where v.doctor_id = $1 and ${isStillToCome('v', 2)}
         order by v.date, v.start_time limit $4)
        union all
        (select v.* from appointments v where v.patient_id = $1 and ${isStillToCome('v', 2)}
         order by v.date, v.start_time limit $4)
        union all
        (select theirs.* from (${dependantsOf('$1', '$5')}) mine cross join lateral (
           select v.* from appointments v where v.patient_id = mine.id and ${isStillToCome('v', 2)}
           order by v.date, v.start_time limit $4) theirs)
      ) a
      join users d on d.id = a.doctor_id
      join users p on p.id = a.patient_id
      order by a.date, a.start_time limit $4`,
    values: [user, wall.date, wall.time, limit, adult],
  });
  return rows;
}
