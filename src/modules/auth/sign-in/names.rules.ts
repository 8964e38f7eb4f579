import { foldAscii, isAscii } from '../../../core/ascii.ts';
import { type CountryCode, storedE164 } from '../../../core/phone.ts';

/** What somebody types to say who they are: a user name, a phone or an email. */
export interface LoginName {
  /** As a user name or an email, which are told apart by what they hold, in lower case; empty where it can be neither. */
  text: string;
  /** As a phone number, if it can be one: user names begin with a letter. */
  phone: string | undefined;
  /** The same for every way of writing it. */
  key: string;
}

/** @param country whose phone numbers are meant where no country is given */
export function loginName(typed: string, country: CountryCode): LoginName {
  const text = foldAscii(typed.trim());
  const phone = /^[+\d(]/.test(text) && !text.includes('@') ? storedE164(text, country) : undefined;
  return { text: isAscii(text) ? text : '', phone, key: phone ?? text };
}
