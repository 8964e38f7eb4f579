import { z } from 'zod';
import { judgeMessages, messagesConfig, messagesEnvironment } from './config.messages.ts';
import { type CountryCode, isSupportedCountry } from './core/phone.ts';
import { locales } from './core/words.ts';

/** Secrets that have stood in documentation, here or elsewhere: production refuses them. */
const SAMPLE_SECRET = /secret|change|example|sample|password|development|test|1234|(.)\1{7}/i;

/** A host's name or address; with a dot before it, every name below it too. */
const HOST_NAME = /^(?:\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/;

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/**
 * A name of the IANA list by place, or UTC. Offsets and POSIX forms are none: `-05:00` and `EST5EDT` mean one thing to Node,
 * another to PostgreSQL or to whoever reads them.
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

const listOf = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

function isPostgresUrl(text: string): boolean {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  return protocol === 'postgres:' || protocol === 'postgresql:';
}

const postgresUrl = z
  .string()
  .refine(isPostgresUrl, 'must look like postgres://user:password@host:5432/database');

const environment = z
  .object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
    HOST: z.string().min(1).optional(),
    PORT: whole(0, 65535).default(3000),
    DATABASE_URL: postgresUrl.optional(),
    DATABASE_DIRECT_URL: postgresUrl.optional(),
    DATABASE_REPLICA_URL: postgresUrl.optional(),
    DATABASE_PREPARED: flag.default(true),
    DATABASE_POOL_MAX: whole(1, 500).default(10),
    MAX_WAIT_SECONDS: whole(1, 60).default(3),
    CONNECTIONS_PER_ADDRESS: whole(1, 1_000_000).default(1_000),
    DATA_DIR: z.string().min(1).default('.data'),
    MIGRATE_ON_START: flag.optional(),
    DEMO_DATA: flag.optional(),
    JWT_SECRET: z.string().min(1).optional(),
    JWT_PREVIOUS_SECRET: z.string().transform(listOf).default([]),
    ACCESS_TOKEN_MINUTES: whole(1, 60).default(15),
    REFRESH_TOKEN_DAYS: whole(1, 365).default(30),
    REFRESH_GRACE_SECONDS: whole(0, 60).default(60),
    BCRYPT_COST: whole(4, 16).default(12),
    ADMIN_USERNAME: z.string().min(1).optional(),
    ADMIN_PASSWORD: z.string().min(1).optional(),
    DOCTOR_APPROVAL: z.enum(['automatic', 'required']).default('automatic'),
    TERMS_VERSION: z.string().trim().min(1).max(100).default('1'),
    PRIVACY_VERSION: z.string().trim().min(1).max(100).default('1'),
    REQUIRE_CONSENT: flag.default(false),
    AUDIT_RETENTION_DAYS: whole(1, 36_500).default(1_825),
    PUBLISH_HORIZON_DAYS: whole(1, 365).default(28),
    HOLD_MINUTES: whole(1, 60).default(5),
    OFFER_MINUTES: whole(1, 1_440).default(15),
    MESSAGE_RETENTION_DAYS: whole(1, 36_500).default(180),
    CLINIC_TIMEZONE: z
      .string()
      .refine(
        isTimezone,
        'must be the name of a time zone by its place, such as Asia/Tashkent (an offset such as -05:00 is none)',
      )
      .default('Asia/Tashkent'),
    PHONE_COUNTRY: z
      .string()
      .refine(isSupportedCountry, 'must be a two-letter country code such as UZ')
      .transform((code) => code as CountryCode)
      .default('UZ'),
    DEFAULT_LOCALE: z.enum(locales).default('en'),
    CORS_ORIGINS: z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .pipe(z.array(z.url('must be a list of origins such as https://clinic.uz')))
      .default([]),
    TRUST_PROXY: z
      .string()
      .transform((list) => list.split(',').map((address) => address.trim()))
      .default([]),
    ALLOWED_HOSTS: z
      .string()
      .transform((list) => listOf(list.toLowerCase()))
      .pipe(z.array(z.string().regex(HOST_NAME, 'must be a list of names such as clinic.uz or .clinic.uz')))
      .default([]),
    ANSWERS_REMEMBERED: whole(0, 10_000_000).default(20_000),
    RATE_LIMIT: z.enum(['on', 'off']).default('on'),
    RATE_LIMIT_GUEST: whole(1, 1_000_000).default(300),
    RATE_LIMIT_USER: whole(1, 1_000_000).default(600),
    RATE_LIMIT_AUTH: whole(1, 1_000_000).default(30),
    CODES_PER_HOUR: whole(1, 1_000).default(5),
    CODES_PER_HOUR_ADDRESS: whole(1, 1_000).default(60),
    SMS_CODES_PER_DAY: whole(1, 1_000_000).default(1_000),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\/./, 'must look like redis://:password@host:6379')
      .optional(),
    ...messagesEnvironment,
    BODY_LIMIT_KB: whole(1, 10_240).default(64),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  })
  .superRefine((env, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const judge = (path: string, secret: string) => {
      if (Buffer.byteLength(secret) < 32) refuse(path, 'is too short: 32 bytes at least');
      else if (SAMPLE_SECRET.test(secret))
        refuse(path, 'is a sample or too simple; make one with: openssl rand -base64 48');
    };
    for (const name of ['DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'] as const)
      if (env[name] && !env.DATABASE_URL) refuse(name, 'goes together with DATABASE_URL');
    if ((env.ADMIN_USERNAME === undefined) !== (env.ADMIN_PASSWORD === undefined))
      refuse('ADMIN_PASSWORD', 'goes together with ADMIN_USERNAME');
    judgeMessages(env, refuse);
    if (env.NODE_ENV !== 'production') return;
    if (!env.DATABASE_URL)
      refuse('DATABASE_URL', 'is required in production, e.g. postgres://user:password@host/clinic');
    if (!env.JWT_SECRET)
      refuse('JWT_SECRET', 'is required in production; make one with: openssl rand -base64 48');
    else judge('JWT_SECRET', env.JWT_SECRET);
    // What still verifies must be as strong as what signs.
    for (const previous of env.JWT_PREVIOUS_SECRET) judge('JWT_PREVIOUS_SECRET', previous);
    if (env.BCRYPT_COST < 10) refuse('BCRYPT_COST', 'must be 10 or more in production');
  });

/** A setting that cannot be used; `message` is one line for the person who set it. */
export class ConfigError extends Error {}

/** What is being set up, in the project's own words; see .env.example for each. */
export type Config = Readonly<ReturnType<typeof loadConfig>>;

/**
 * Reads every setting once; only entry points call it.
 * @param source usually process.env; empty values count as absent
 * @throws ConfigError that names each wrong setting, never its value
 */
export function loadConfig(source: Record<string, string | undefined>) {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(`Bad settings: ${wrong.join('; ')}. See .env.example.`);
  }
  const env = parsed.data;
  const production = env.NODE_ENV === 'production';
  const host = env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  return Object.freeze({
    production,
    host,
    port: env.PORT,
    database_url: env.DATABASE_URL,
    database_direct_url: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    database_replica_url: env.DATABASE_REPLICA_URL,
    database_prepared: env.DATABASE_PREPARED,
    database_pool_max: env.DATABASE_POOL_MAX,
    max_wait_seconds: env.MAX_WAIT_SECONDS,
    connections_per_address: env.CONNECTIONS_PER_ADDRESS,
    data_dir: env.DATA_DIR,
    migrate_on_start: env.MIGRATE_ON_START ?? !production,
    demo_data: env.DEMO_DATA ?? env.NODE_ENV === 'development',
    jwt_secret: env.JWT_SECRET,
    jwt_previous_secrets: env.JWT_PREVIOUS_SECRET,
    access_token_minutes: env.ACCESS_TOKEN_MINUTES,
    refresh_token_days: env.REFRESH_TOKEN_DAYS,
    refresh_grace_seconds: env.REFRESH_GRACE_SECONDS,
    bcrypt_cost: env.BCRYPT_COST,
    first_admin:
      env.ADMIN_USERNAME && env.ADMIN_PASSWORD
        ? { username: env.ADMIN_USERNAME, password: env.ADMIN_PASSWORD }
        : undefined,
    doctor_approval: env.DOCTOR_APPROVAL,
    terms_version: env.TERMS_VERSION,
    privacy_version: env.PRIVACY_VERSION,
    require_consent: env.REQUIRE_CONSENT,
    audit_retention_days: env.AUDIT_RETENTION_DAYS,
    publish_horizon_days: env.PUBLISH_HORIZON_DAYS,
    hold_minutes: env.HOLD_MINUTES,
    offer_minutes: env.OFFER_MINUTES,
    message_retention_days: env.MESSAGE_RETENTION_DAYS,
    timezone: env.CLINIC_TIMEZONE,
    phone_country: env.PHONE_COUNTRY,
    default_locale: env.DEFAULT_LOCALE,
    cors_origins: env.CORS_ORIGINS,
    trust_proxy: env.TRUST_PROXY,
    allowed_hosts: env.ALLOWED_HOSTS,
    answers_remembered: env.ANSWERS_REMEMBERED,
    rate_limit: env.RATE_LIMIT === 'on',
    rate_limit_guest: env.RATE_LIMIT_GUEST,
    rate_limit_user: env.RATE_LIMIT_USER,
    rate_limit_auth: env.RATE_LIMIT_AUTH,
    codes_per_hour: env.CODES_PER_HOUR,
    codes_per_hour_address: env.CODES_PER_HOUR_ADDRESS,
    sms_codes_per_day: env.SMS_CODES_PER_DAY,
    redis_url: env.REDIS_URL,
    ...messagesConfig(env, { production, data_dir: env.DATA_DIR, host, port: env.PORT }),
    body_limit: env.BODY_LIMIT_KB * 1024,
    log_level: env.LOG_LEVEL,
  });
}
