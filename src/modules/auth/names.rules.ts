import { type CountryCode, storedE164 } from '../../core/phone.ts';

/** What somebody types to say who they are: a user name, a phone or an email. */
export interface LoginName {
  /** As a user name or an email, which are told apart by what they hold. */
  text: string;
  /** As a phone number, if it can be one: user names begin with a letter. */
  phone: string | undefined;
  /** The same for every way of writing it. */
  key: string;
}

/** @param country whose phone numbers are meant where no country is given */
export function loginName(typed: string, country: CountryCode): LoginName {
  const text = typed.trim();
  const phone = /^[+\d(]/.test(text) && !text.includes('@') ? storedE164(text, country) : undefined;
  return { text, phone, key: phone ?? text.toLowerCase() };
}
