import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { parseReminders } from './core/messages.ts';
import { type CountryCode, isSupportedCountry } from './core/phone.ts';

/** The kinds of values that settings have, each read from text. */

export const text = z.string().min(1);
export const version = z.string().trim().min(1).max(100);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Any text to the rest of the program, as to pino. */
export const logLevel = z
  .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  .transform((level): string => level);

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** What stands between commas; nothing between two of them is no item. */
const items = (list: string) =>
  list
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** @param says what is wrong with a list of which one item is refused */
const listOf = (isRight: (item: string) => boolean, says: string) =>
  z
    .string()
    .transform(items)
    .refine((list) => list.every(isRight), says);

/** `name=value` with commas between them, each percent-encoded, as OpenTelemetry writes headers and attributes. */
export const pairs = z
  .string()
  .max(4_096)
  .refine(
    (list) => items(list).every((item) => /^[^\s=,]+=[^\s,]*$/.test(item)),
    'must look like name=value,other=value',
  );

/** A part of a whole, such as 0.05. */
export const ratio = z
  .string()
  .regex(/^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/, 'must be a number from 0 to 1, such as 0.05')
  .transform(Number);

export const secrets = z.string().transform(items);

/** A host's name or address; with a dot before it, every name below it too. */
const HOST_NAME = /^(?:\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/;

export const hostNames = z
  .string()
  .toLowerCase()
  .pipe(listOf((name) => HOST_NAME.test(name), 'must be a list of names such as clinic.uz or .clinic.uz'));

/** Scheme, name and port alone, which is all that a browser tells of a page. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { host, pathname, search, hash, username, password } = new URL(text);
  return (
    host !== '' &&
    ['', '/'].includes(pathname) &&
    [search, hash, username, password].every((part) => part === '')
  );
}

/** As browsers write them, who are compared letter by letter: in small letters, without a slash or the scheme's own port. */
export const origins = listOf(isOrigin, 'must be a list of origins such as https://clinic.uz').transform(
  (list) =>
    list.map((origin) => {
      const { protocol, host } = new URL(origin);
      return `${protocol}//${host}`;
    }),
);

/** The ranges that Fastify knows by name (@fastify/proxy-addr). */
const RANGE_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Whether Fastify takes it for the address of a proxy, or for a range of them: by name, length of prefix or netmask. */
function isProxy(item: string): boolean {
  if (RANGE_NAMES.has(item)) return true;
  const [address = '', range, ...more] = item.split('/');
  const kind = isIP(address);
  if (kind === 0 || more.length > 0) return false;
  if (range === undefined) return true;
  if (/^\d{1,3}$/.test(range)) return Number(range) > 0 && Number(range) <= (kind === 4 ? 32 : 128);
  return kind === 4 && isNetmask(range);
}

/** Ones, then zeros: 255.255.0.0. */
const isNetmask = (mask: string) =>
  isIPv4(mask) &&
  /^1+0*$/.test(
    mask
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join(''),
  );

export const proxies = listOf(
  isProxy,
  'must be a list of addresses or ranges such as 127.0.0.1, 10.0.0.0/8 or loopback',
);

const hasProtocol = (protocols: readonly string[]) => (url: string) =>
  URL.canParse(url) && protocols.includes(new URL(url).protocol);

export const postgresUrl = z
  .string()
  .refine(
    hasProtocol(['postgres:', 'postgresql:']),
    'must look like postgres://user:password@host:5432/database',
  );
export const redisUrl = z.string().regex(/^rediss?:\/\/./, 'must look like redis://:password@host:6379');
/** What %XX stands for; undefined where it is none. */
function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What an address of a bucket says. */
function bucketOf(address: string) {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, username, password, pathname, searchParams } = new URL(address);
  const [bucket, ...prefix] = pathname.split('/').filter(Boolean);
  const options = [...searchParams.keys()];
  if (protocol !== 's3:' || host === '' || bucket === undefined || (username === '') !== (password === ''))
    return undefined;
  if (options.some((name) => name !== 'region' && name !== 'tls')) return undefined;
  const tls = searchParams.get('tls') ?? 'on';
  if (tls !== 'on' && tls !== 'off') return undefined;
  const [accessKeyId, secretAccessKey] = [decodedOf(username), decodedOf(password)];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return {
    endpoint: `${tls === 'on' ? 'https' : 'http'}://${host}`,
    region: searchParams.get('region') || 'us-east-1',
    bucket,
    prefix: prefix.map((part) => `${part}/`).join(''),
    credentials: accessKeyId ? { accessKeyId, secretAccessKey } : undefined,
  };
}

/** A bucket of a store that speaks S3. */
export const bucketUrl = z.string().transform((address, context) => {
  const bucket = bucketOf(address);
  if (bucket) return bucket;
  context.addIssue({
    code: 'custom',
    message: 'must look like s3://key:secret@host/bucket?region=eu-central-1',
  });
  return z.NEVER;
});
export const smtpUrl = z
  .string()
  .refine(hasProtocol(['smtp:', 'smtps:']), 'must look like smtp://user:password@host:587 or smtps://…');
const anyUrl = z.url({ protocol: /^https?$/, error: 'must look like https://host' });
const withoutSlash = (url: string) => url.replace(/\/+$/, '');
export const httpUrl = anyUrl.transform(withoutSlash);
/** Paths are put after it, so that nothing may stand behind its own. */
export const siteUrl = anyUrl
  .refine((url) => !/[?#]/.test(url), 'must look like https://host, without ? and #')
  .transform(withoutSlash);

export const sender = z
  .string()
  .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, 'must look like Clinic <no-reply@clinic.uz>');
export const telegramToken = z
  .string()
  .regex(/^\d+:[\w-]+$/, 'must be the token that @BotFather gave, such as 123456:ABC-DEF');

/**
 * A name of the IANA list by place, or UTC. Offsets and POSIX forms are refused: `-05:00` and `EST5EDT` mean one thing to
 * Node and another to PostgreSQL, or to whoever reads them.
 */
function isTimezone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const timezone = z
  .string()
  .refine(
    isTimezone,
    'must be the name of a time zone by its place, such as Asia/Tashkent (an offset such as -05:00 is none)',
  );

export const country = z
  .string()
  .refine(isSupportedCountry, 'must be a two-letter country code such as UZ')
  .transform((code) => code as CountryCode);

/** Prices are counted in the currency's smallest unit: tiyin for UZS, cents for USD. */
export const currency = z
  .string()
  .toUpperCase()
  .refine(
    (code) => Intl.supportedValuesOf('currency').includes(code),
    'must be a currency of ISO 4217 such as UZS',
  );

export const reminders = z.string().transform((list, context) => {
  const leads = parseReminders(list);
  if (!leads) context.addIssue({ code: 'custom', message: 'must be times such as 24h,2h or 30m, or off' });
  return leads ?? [];
});

/** Names of providers, which stand in addresses and, in capitals, in the names of their settings. */
export const providerNames = listOf(
  (name) => /^[a-z][a-z0-9]{0,19}$/.test(name),
  'must be a list of names of small letters and digits such as google,telegram',
).refine((list) => new Set(list).size === list.length, 'names a provider twice');

/** What other systems call a client, an audience or a tenant. */
export const identifiers = listOf(
  (item) => /^[\x21-\x7e]{1,200}$/.test(item),
  'must be a list of names without spaces',
);

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Over HTTP only on this machine. */
function isSafeUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password, hash } = new URL(address);
  if (username || password || hash || address.includes('#')) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

/** Kept as it is written: tokens name it so, and are compared letter by letter. */
export const issuer = z
  .string()
  .refine(
    (address) => isSafeUrl(address) && !address.includes('?'),
    'must look like https://accounts.example.com (http only on this machine)',
  );

/** Schemes of the reverse form of a domain are an app's own (RFC 8252, 7.1); those of browsers have no dot. */
const APP_ADDRESS = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\/[\x21-\x22\x24-\x7e]*$/;

export const redirects = listOf(
  (address) => isSafeUrl(address) || APP_ADDRESS.test(address),
  'must be a list of addresses such as https://app.clinic.uz/signed-in or uz.clinic.app:/signed-in',
);
