import { AppError } from '../../core/errors.ts';
import { kindsOf, type NoticeKind } from '../../core/messages.ts';
import type { Caller } from '../../core/roles.ts';
import { type Channel, channels } from '../../core/words.ts';
import { type Db, transaction } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import * as repository from './preferences.repository.ts';
import type { Preferences, PreferencesChange } from './preferences.schemas.ts';

export interface PreferencesDependencies {
  db: Db;
  /** The channels that are set up. */
  offered: ReadonlySet<Channel>;
  /** By which channels a kind goes to somebody; the messages module decides. */
  channelsFor: (
    kind: NoticeKind,
    person: repository.PreferencesRow,
    offered: ReadonlySet<Channel>,
  ) => readonly Channel[];
}

/** What a person decides about messages: how, and when not. */
export function createPreferences({ db, offered, channelsFor }: PreferencesDependencies) {
  /** @throws AppError user_not_found when they were erased meanwhile */
  async function get(caller: Caller): Promise<Preferences> {
    const found = await repository.findPreferences(db, caller.id);
    if (!found) throw new AppError('user_not_found');
    const usable: Record<Channel, boolean> = {
      email: found.email_verified,
      sms: found.phone_verified,
      telegram: found.telegram_linked,
    };
    const [email, sms, telegram] = channels.map((name) => ({
      offered: offered.has(name),
      usable: usable[name],
    }));
    if (!email || !sms || !telegram) throw new Error('a channel has no name');
    return {
      kinds: kindsOf(caller.role).map((kind) => ({
        kind,
        chosen: (found.channels[kind] as Channel[] | undefined) ?? null,
        used: [...channelsFor(kind, found, offered)],
      })),
      quiet_hours: { enabled: found.quiet, from: found.quiet_from, until: found.quiet_until },
      channels: { email, sms, telegram },
    };
  }

  return {
    get,

    async change(
      { channels: byKind = {}, quiet_hours = {} }: PreferencesChange,
      caller: Caller,
    ): Promise<Preferences> {
      const { enabled: quiet, from: quiet_from, until: quiet_until } = quiet_hours;
      const given = Object.entries(byKind).filter(([, value]) => value !== undefined);
      const unique = given.map(([kind, value]) => [kind, value && [...new Set(value)]]);
      const change = { channels: Object.fromEntries(unique), quiet, quiet_from, quiet_until };
      await transaction(db, async (tx) => {
        await repository.savePreferences(tx, caller.id, change);
        // What was planned around the hours of before is planned anew.
        if (Object.keys(quiet_hours).length > 0)
          await addJob(tx, { task: 'plan_reminders', payload: { person: caller.id } });
      });
      return get(caller);
    },
  };
}

export type PreferencesService = ReturnType<typeof createPreferences>;
