import type { NoticeKind } from '../../../core/messages.ts';
import type { QuietHours } from '../../../core/quiet.ts';
import type { Channel } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import type { Addresses } from '../telling/channels.rules.ts';
import { PHONE_REACHES } from '../telling/reach.repository.ts';

interface PreferencesRow extends QuietHours, Addresses {
  channels: Partial<Record<NoticeKind, Channel[]>>;
}

/** What a person has decided, or the defaults, and which of their addresses could be used. */
export async function findPreferences(executor: Executor, user: number): Promise<PreferencesRow | undefined> {
  const { rows } = await clientOf(executor).query<PreferencesRow>({
    name: 'preferences.find',
    text: `
      select coalesce(p.channels, '{}') as channels, coalesce(p.quiet, true) as quiet,
        coalesce(p.quiet_from, time '22:00') as quiet_from, coalesce(p.quiet_until, time '08:00') as quiet_until,
        u.email_verified_at is not null as email_verified, ${PHONE_REACHES} as phone_reaches,
        c.user_id is not null as telegram_linked
      from users u
      left join notification_preferences p on p.user_id = u.id
      left join telegram_chats c on c.user_id = u.id
      where u.id = $1 and u.deleted_at is null`,
    values: [user],
  });
  return rows[0];
}

interface PreferencesChange {
  /** By kind; null goes back to the default. */
  channels: Partial<Record<NoticeKind, readonly string[] | null>>;
  quiet: boolean | undefined;
  quiet_from: string | undefined;
  quiet_until: string | undefined;
}

/** Changes what is named and leaves the rest, in one statement. Nothing is kept of a person who is being erased. */
export async function savePreferences(
  executor: Executor,
  user: number,
  change: PreferencesChange,
): Promise<void> {
  const kinds = Object.entries(change.channels);
  const chosen = Object.fromEntries(kinds.filter(([, value]) => value !== null));
  const dropped = kinds.filter(([, value]) => value === null).map(([kind]) => kind);
  await clientOf(executor).query({
    name: 'preferences.save',
    text: `
      insert into notification_preferences as p (user_id, channels, quiet, quiet_from, quiet_until)
      select id, $2, coalesce($4, true), coalesce($5::time, '22:00'), coalesce($6::time, '08:00')
      from users where id = $1 and deleted_at is null for share
      on conflict (user_id) do update set
        channels = (p.channels || $2) - $3::text[],
        quiet = coalesce($4, p.quiet),
        quiet_from = coalesce($5::time, p.quiet_from),
        quiet_until = coalesce($6::time, p.quiet_until)`,
    values: [
      user,
      chosen,
      dropped,
      change.quiet ?? null,
      change.quiet_from ?? null,
      change.quiet_until ?? null,
    ],
  });
}
