import { createHmac, timingSafeEqual } from 'node:crypto';
import { locales } from '../../../core/words.ts';
import { type MiniAppUser, miniAppUser as userSchema } from './claims.schemas.ts';
import type { Person } from './kinds.rules.ts';

/** Milliseconds for which what a Mini App is handed serves, and by which clocks may differ. */
const FRESH = 300_000;
const SKEW = 30_000;

const sign = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Who opened a Mini App, by what Telegram handed it (core.telegram.org/bots/webapps, "Validating data received via the Mini
 * App"): all fields but the hash, sorted, signed with a key that is made of the bot's token.
 * @param init_data as the app got it, a query string
 * @returns undefined where it is not Telegram's, is of another bot, or is older than five minutes
 */
export function personOfMiniApp(
  init_data: string,
  token: string,
  issuer: string,
  now: Date,
): Person | undefined {
  const fields = new URLSearchParams(init_data);
  const names = [...fields.keys()];
  if (new Set(names).size !== names.length) return undefined;
  const given = fields.get('hash') ?? '';
  fields.delete('hash');
  fields.sort();
  const checked = [...fields].map(([name, value]) => `${name}=${value}`);
  const right = sign(sign('WebAppData', token), checked.join('\n'));
  const hash = Buffer.from(/^[0-9a-f]{64}$/.test(given) ? given : '', 'hex');
  if (hash.length !== right.length || !timingSafeEqual(hash, right)) return undefined;
  const age = now.getTime() - Number(fields.get('auth_date') ?? Number.NaN) * 1_000;
  if (!(age <= FRESH && age >= -SKEW)) return undefined;
  const user = userOf(fields.get('user'));
  if (!user || user.is_bot) return undefined;
  return {
    issuer,
    subject: String(user.id),
    first_name: user.first_name,
    last_name: user.last_name,
    locale: locales.find((locale) => user.language_code?.toLowerCase().split('-')[0] === locale),
    email: undefined,
    phone: undefined,
  };
}

function userOf(text: string | null): MiniAppUser | undefined {
  try {
    return userSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
