import type { Channel } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { rowOf, unseen } from '../../../db/sql.ts';
import { guardiansOf } from '../../patients/families/guardians.sql.ts';

/** Messages to the phone reach them: they confirmed it, or the desk made sure of it. @param user a row of `users` */
const phoneReaches = (user: string) =>
  `(${user}.phone_verified_at is not null or ${user}.phone_reached_at is not null)`;
export const PHONE_REACHES = phoneReaches('u');

const offered = unseen('$2', 'text[]');
/** Some channel reaches them that is set up, which are the statement's `$2`. @param user a row of `users` */
const isReached = (user: string) => `(
  'sms' = any (${offered}) and ${phoneReaches(user)}
  or 'email' = any (${offered}) and ${user}.email_verified_at is not null
  or 'telegram' = any (${offered}) and exists (select from telegram_chats c where c.user_id = ${user}.id))`;

/**
 * Which of these people some channel reaches, or reaches who looks after them.
 * @param offered the channels that are set up
 * @param adult the latest day of birth of adults, whom nobody looks after
 */
export async function findReached(
  executor: Executor,
  people: readonly number[],
  offered: readonly Channel[],
  adult: string,
): Promise<number[]> {
  const { rows } = await clientOf(executor).query<{ id: number }>({
    name: 'messages.reached',
    text: `
      select u.id from users u
      where u.id = any (${unseen('$1', 'integer[]')}) and u.deleted_at is null and (${isReached('u')} or exists (
        select from (${guardiansOf('u.id', '$3')}) mine join lateral ${rowOf('users', 'mine.id')} guardian on true
        where ${isReached('guardian')}))`,
    values: [people, offered, adult],
  });
  return rows.map(({ id }) => id);
}
