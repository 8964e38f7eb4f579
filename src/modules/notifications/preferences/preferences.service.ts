import { AppError } from '../../../core/errors.ts';
import { kindsOf } from '../../../core/messages.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Channel } from '../../../core/words.ts';
import { type Db, transaction } from '../../../db/client.ts';
import { planReminders } from '../../../db/queue/jobs.ts';
import { channelsFor, isProved } from '../telling/channels.rules.ts';
import { findPreferences, savePreferences } from './preferences.repository.ts';
import type { PreferencesAnswer, PreferencesChange } from './preferences.schemas.ts';

interface PreferencesDependencies {
  db: Db;
  /** The channels that are set up. */
  offered: ReadonlySet<Channel>;
}

export type Preferences = ReturnType<typeof createPreferences>;

/** What a person decides about messages: how they are told, and when not. */
export function createPreferences({ db, offered }: PreferencesDependencies) {
  /** @throws AppError user_not_found when the caller was erased meanwhile */
  async function get(caller: Caller): Promise<PreferencesAnswer> {
    const person = await findPreferences(db, caller.id);
    if (!person) throw new AppError('user_not_found');
    const proved = isProved(person);
    const address = (channel: Channel) => ({ offered: offered.has(channel), usable: proved[channel] });
    return {
      kinds: kindsOf(caller.role).map((kind) => ({
        kind,
        chosen: person.channels[kind] ?? null,
        used: channelsFor(kind, person, offered),
      })),
      quiet_hours: { enabled: person.quiet, from: person.quiet_from, until: person.quiet_until },
      channels: { email: address('email'), sms: address('sms'), telegram: address('telegram') },
    };
  }

  return {
    get,

    /** @throws AppError user_not_found when the caller was erased meanwhile */
    async change(
      { channels: byKind = {}, quiet_hours = {} }: PreferencesChange,
      caller: Caller,
    ): Promise<PreferencesAnswer> {
      const { enabled: quiet, from: quiet_from, until: quiet_until } = quiet_hours;
      const chosen = Object.entries(byKind).filter(([, channels]) => channels !== undefined);
      const unique = chosen.map(([kind, channels]) => [kind, channels && [...new Set(channels)]]);
      const change = { channels: Object.fromEntries(unique), quiet, quiet_from, quiet_until };
      await transaction(db, async (tx) => {
        await savePreferences(tx, caller.id, change);
        // Reminders that were planned around the hours of before are planned anew.
        if (Object.keys(quiet_hours).length > 0) await planReminders(tx, caller.id);
      });
      return get(caller);
    },
  };
}
