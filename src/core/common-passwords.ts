import { readFileSync } from 'node:fs';

/**
 * Those of the 49,233 commonest passwords that have 10 bytes or more: shorter ones are refused anyway. From
 * @zxcvbn-ts/language-common 4.1.3 (MIT; (c) 2012-2016 Dan Wheeler and Dropbox, Inc., 2021 @zxcvbn-ts), sorted.
 */
let known: ReadonlySet<string> | undefined;

/**
 * Whether a password is among the commonest, in whatever case: what everybody tries first (NIST SP 800-63B, 5.1.1.2).
 */
export function isCommonPassword(password: string): boolean {
  known ??= new Set(readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8').split('\n'));
  return password !== '' && known.has(password.toLowerCase());
}
