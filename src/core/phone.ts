import { createRequire } from 'node:module';
import type * as libphonenumber from 'libphonenumber-js/min';

export type { CountryCode } from 'libphonenumber-js/min';

/** Its CommonJS twins, which take 15 ms and 5 MB less at start than its ES modules. */
const require = createRequire(import.meta.url);
const { isSupportedCountry, parsePhoneNumberFromString } =
  require('libphonenumber-js/min') as typeof libphonenumber;

export { isSupportedCountry };

/**
 * The one stored form of a phone number.
 * @param text as a person types it: `90 123-45-67`, `998901234567`, `+998 90 123 45 67`
 * @param country whose numbers are meant where no country is given (ISO 3166-1 alpha-2)
 * @returns E.164 such as +998901234567, or undefined when no such number can exist
 */
export function toE164(text: string, country: libphonenumber.CountryCode): string | undefined {
  const number = parsePhoneNumberFromString(text, country);
  return number?.isValid() ? number.number : undefined;
}
