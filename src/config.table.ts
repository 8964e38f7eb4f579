import { z } from 'zod';
import * as value from './config.values.ts';
import { locales } from './core/words.ts';

/** A setting, by its name in the environment. */
interface Setting {
  /** How its text is read. */
  is: z.ZodType<unknown, string>;
  /** The text that counts where it is not set; without one it is undefined then. */
  default?: string;
  /** What it does, for docs/settings.md. */
  means: string;
  /** Its property in Config; by default its name in lower case. */
  property?: string;
  /** The property that it is read into together with others (config.ts); it has none of its own then. */
  part_of?: string;
}

/**
 * Every setting, under the heading that it has in docs/settings.md. The type Config follows from this table, and a test
 * compares .env.example and docs/settings.md with it.
 */
export const settings = {
  'The process': {
    NODE_ENV: {
      is: z.enum(['development', 'production', 'test']),
      default: 'development',
      part_of: 'production',
      means: '`production` refuses weak secrets and a missing `DATABASE_URL`, and loads no demo data.',
    },
    HOST: {
      is: value.text,
      means: 'Address to listen on. Without it: `127.0.0.1`, in production `0.0.0.0`.',
    },
    PORT: { is: value.whole(0, 65535), default: '3000', means: 'Port to listen on; `0` takes any free one.' },
    MAX_WAIT_SECONDS: {
      is: value.whole(1, 60),
      default: '3',
      means: 'How long a request waits for its turn at most, when more come in than the process can answer.',
    },
    CONNECTIONS_PER_ADDRESS: {
      is: value.whole(1, 1_000_000),
      default: '1000',
      means:
        'Connections that one address, or one /64 of IPv6, may have open to each process. Without effect behind `TRUST_PROXY`.',
    },
    STREAMS_MAX: {
      is: value.whole(0, 1_000_000),
      default: '2500',
      means: 'Live streams (`/api/stream/`) that each process has open at most. `0`: none.',
    },
    BODY_LIMIT_KB: {
      is: value.whole(1, 10_240).transform((kibibytes) => kibibytes * 1024),
      default: '64',
      means: 'Largest request body, in KiB.',
      property: 'body_limit',
    },
    ANSWERS_REMEMBERED: {
      is: value.whole(0, 10_000_000),
      default: '20000',
      means:
        'How many answers each process keeps in memory: so many, and no more than 8 kB for each, all together. `0`: none.',
    },
    METRICS_PORT: {
      is: value.whole(1, 65535),
      means: 'Port of `/metrics` (OpenMetrics), for monitors alone. Without it there is none.',
    },
    METRICS_TOKEN: {
      is: value.text.min(16, 'is too short: 16 bytes at least'),
      means: 'Bearer token of `/metrics` beside the API. Without it there is none.',
    },
    SENTRY_DSN: {
      is: value.httpUrl,
      means:
        'Where errors that are ours are reported (a service that speaks Sentry’s protocol): kind, route, type, code and place in the source, nothing else.',
    },
    OTEL_EXPORTER_OTLP_ENDPOINT: {
      is: value.siteUrl,
      part_of: 'tracing',
      means:
        'Collector of traces (OpenTelemetry, OTLP), such as `http://collector:4318`. Without one there are none.',
    },
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
      is: value.httpUrl,
      part_of: 'tracing',
      means: 'The same as a whole address, in place of it with `/v1/traces` behind.',
    },
    OTEL_EXPORTER_OTLP_PROTOCOL: {
      is: z.enum(['http/protobuf'], 'must be http/protobuf'),
      default: 'http/protobuf',
      part_of: 'tracing',
      means: 'The only way in which traces are sent.',
    },
    OTEL_EXPORTER_OTLP_HEADERS: {
      is: value.pairs,
      default: '',
      part_of: 'tracing',
      means: 'Headers for the collector, such as `authorization=Bearer%20…`, with commas between them.',
    },
    OTEL_EXPORTER_OTLP_TIMEOUT: {
      is: value.whole(100, 60_000),
      default: '10000',
      part_of: 'tracing',
      means: 'Milliseconds that the collector has to take a part of the traces.',
    },
    OTEL_SERVICE_NAME: {
      is: value.version,
      default: 'clinic-booking-api',
      part_of: 'tracing',
      means: 'Whose traces these are.',
    },
    OTEL_RESOURCE_ATTRIBUTES: {
      is: value.pairs,
      default: '',
      part_of: 'tracing',
      means: 'What else is said of this process, such as `deployment.environment.name=production`.',
    },
    OTEL_TRACES_SAMPLER: {
      is: z.enum([
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ]),
      default: 'parentbased_always_on',
      part_of: 'tracing',
      means:
        'Which requests and jobs are traced. `parentbased_…`: as the request’s own `traceparent` says, if it has one.',
    },
    OTEL_TRACES_SAMPLER_ARG: {
      is: value.ratio,
      default: '1',
      part_of: 'tracing',
      means: 'Which part of them `…traceidratio` takes.',
    },
    OTEL_TRACES_EXPORTER: {
      is: z.enum(['otlp', 'none']),
      default: 'otlp',
      part_of: 'tracing',
      means: '`none`: no traces, whatever else is set.',
    },
    OTEL_SDK_DISABLED: { is: value.flag, default: 'false', part_of: 'tracing', means: '`true`: the same.' },
    LOG_LEVEL: {
      is: value.logLevel,
      default: 'info',
      means: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
    },
  },
  'The database': {
    DATABASE_URL: {
      is: value.postgresUrl,
      means: 'PostgreSQL 15 or later. Without it, outside production: an embedded one in `DATA_DIR`.',
    },
    DATABASE_DIRECT_URL: {
      is: value.postgresUrl,
      means:
        'The database itself, where a pooler (PgBouncer) stands in `DATABASE_URL`: for announcements, migrations and background jobs.',
    },
    DATABASE_REPLICA_URL: {
      is: value.postgresUrl,
      means: 'A streaming replica, which answers searches, statistics and exports.',
    },
    DATABASE_PREPARED: {
      is: value.flag,
      default: 'true',
      means: '`false` for a pooler that keeps no prepared statements (PgBouncer before 1.21).',
    },
    DATABASE_POOL_MAX: {
      is: value.whole(1, 500),
      default: '10',
      means: 'Connections of each process to the database.',
    },
    DATA_DIR: {
      is: value.text,
      default: '.data',
      means:
        'Folder of the embedded database, of the local signing secret and data keys, of `messages.log` and of `photos/`.',
    },
    DATA_KEYS: {
      is: value.text,
      part_of: 'data_keys',
      means:
        'File of the keys that encrypt secrets and strong identifiers in the database. Without it: `DATA_DIR/data-keys.json`, made when it is needed; in production none.',
    },
    PHOTOS_URL: {
      is: value.bucketUrl,
      part_of: 'photos',
      means:
        'A bucket for doctors’ photos, `s3://key:secret@host/bucket/folder?region=…`, with `&tls=off` for one without TLS. Without it they are in `DATA_DIR`.',
    },
    MIGRATE_ON_START: {
      is: value.flag,
      means: 'Brings the database up to date at start. Without it: `true`, in production `false`.',
    },
    DEMO_DATA: {
      is: value.flag,
      means: 'Fills an empty database with a clinic to try. Without it: `true` in development only.',
    },
  },
  'Signing in': {
    JWT_SECRET: {
      is: value.text,
      means: 'Signs the access tokens; at least 32 bytes, required in production.',
    },
    JWT_PREVIOUS_SECRET: {
      is: value.secrets,
      default: '',
      means: 'Secrets that `JWT_SECRET` replaced and that still serve, separated by commas.',
      property: 'jwt_previous_secrets',
    },
    JWT_PRIVATE_KEYS: {
      is: value.text,
      means:
        'File of the private keys that sign access tokens with ES256, so that other services can verify them; `npm run keys:rotate -- --new` makes it. Without it `JWT_SECRET` signs. Needs `PUBLIC_URL`, their issuer.',
    },
    TOKEN_AUDIENCE: {
      is: value.text.max(200),
      means: 'For whom those tokens are (`aud`). Without it: `PUBLIC_URL`.',
    },
    ACCESS_TOKEN_MINUTES: {
      is: value.whole(1, 60),
      default: '15',
      means: 'How long an access token serves.',
    },
    REFRESH_TOKEN_DAYS: { is: value.whole(1, 365), default: '30', means: 'How long a refresh token serves.' },
    REFRESH_GRACE_SECONDS: {
      is: value.whole(0, 60),
      default: '60',
      means: 'For how long a repeated refresh gets the same pair of tokens again.',
    },
    STAFF_TWO_STEP: {
      is: z.enum(['required', 'optional']),
      default: 'optional',
      means:
        '`required`: admins and receptionists sign in with a second step, and set it up when they sign in next. Everybody else may. Secrets need `DATA_KEYS`.',
    },
    BCRYPT_COST: {
      is: value.whole(4, 16),
      default: '12',
      means: 'Work factor of password hashes; 10 or more in production.',
    },
    ADMIN_USERNAME: {
      is: value.text,
      part_of: 'first_admin',
      means: 'The first admin, made at start while there is none.',
    },
    ADMIN_PASSWORD: { is: value.text, part_of: 'first_admin', means: 'The password of that admin.' },
    DOCTOR_APPROVAL: {
      is: z.enum(['automatic', 'required']),
      means:
        '`required`: a doctor who registers can be booked once an admin approves them; `automatic`: at once. Without it: ' +
        '`required` in production, else `automatic`.',
    },
  },
  'Signing in with others': {
    SIGN_IN_PROVIDERS: {
      is: value.providerNames,
      default: '',
      part_of: 'sign_in_providers',
      means:
        'By whose accounts people may sign in, besides passwords: `google`, `microsoft`, `telegram` and any other that speaks OpenID Connect, by a name of your choice. Each has the settings below ([how](sign-in.md)). In production it needs `PUBLIC_URL`.',
    },
    SIGN_IN_REDIRECTS: {
      is: value.redirects,
      default: '',
      means:
        'Where a sign-in may lead back to, compared letter by letter: addresses by HTTPS (in development by HTTP on this machine) or of an app’s own scheme. This server’s pages always.',
    },
  },
  'The clinic': {
    PUBLIC_DIRECTORY: {
      is: value.flag,
      means:
        'Shows doctors, services, specializations, branches and free slots to everybody, without a token. Without it: `true`, ' +
        'in production `false`.',
    },
    CLINIC_NAME: {
      is: value.text.max(200),
      means:
        'The clinic’s name, in messages and documents. Its first branch gets this name when the database is made; without it: `Clinic`, and messages name none.',
    },
    CURRENCY: {
      is: value.currency,
      default: 'UZS',
      means: 'The currency of new prices, as ISO 4217 names it. What has a price keeps its currency.',
    },
    CLINIC_TIMEZONE: {
      is: value.timezone,
      default: 'Asia/Tashkent',
      means: 'The time zone of the clinic’s clock.',
      property: 'timezone',
    },
    PHONE_COUNTRY: {
      is: value.country,
      default: 'UZ',
      means: 'The country of phone numbers without a country code.',
    },
    DEFAULT_LOCALE: {
      is: z.enum(locales),
      default: 'en',
      means: `Language of errors where a client names none: ${locales.map((locale) => `\`${locale}\``).join(', ')}.`,
    },
    PUBLISH_HORIZON_DAYS: {
      is: value.whole(1, 365),
      default: '28',
      means: 'How many days ahead slots are published from doctors’ weeks.',
    },
    HOLD_MINUTES: {
      is: value.whole(1, 60),
      default: '5',
      means: 'How long a patient may hold a slot; the clinic’s own settings go before it.',
    },
    OFFER_MINUTES: {
      is: value.whole(1, 1_440),
      default: '15',
      means: 'How long a slot is kept for whom it is offered to; the clinic’s own settings go before it.',
    },
  },
  'Pages for people': {
    PAGES: {
      is: z.enum(['on', 'off']).transform((text) => text === 'on'),
      default: 'on',
      means: '`off`: `/book/` and `/desk/` are not served; the API stays as it is.',
    },
    DESK_IDLE_MINUTES: {
      is: value.whole(1, 720),
      default: '15',
      means: 'After how many minutes without a touch `/desk/` signs out.',
    },
  },
  Privacy: {
    TERMS_VERSION: { is: value.version, default: '1', means: 'The version of the terms that is in force.' },
    PRIVACY_VERSION: {
      is: value.version,
      default: '1',
      means: 'The version of the privacy policy that is in force.',
    },
    REQUIRE_CONSENT: {
      is: value.flag,
      default: 'false',
      means: '`true`: nobody registers without `accept_terms`.',
    },
    AUDIT_RETENTION_DAYS: {
      is: value.whole(1, 36_500),
      default: '1825',
      means: 'After how many days entries of the audit are deleted.',
    },
    EVENT_RETENTION_DAYS: {
      is: value.whole(1, 3_650),
      default: '30',
      means:
        'For how many days the log of what happened can be read again. The history of an appointment lives as long as the appointment.',
    },
    MESSAGE_RETENTION_DAYS: {
      is: value.whole(1, 36_500),
      default: '180',
      means: 'After how many days messages and what stands in inboxes are deleted.',
    },
  },
  Backups: {
    BACKUP_DIR: {
      is: value.text,
      means:
        'Where backups are: another disk than the database’s. The embedded database archives its log there, a backup is made each night and rehearsed each week, and erasures are noted.',
    },
    BACKUP_KEY: {
      is: value.text.min(32, 'is too short: 32 bytes at least; make one with: openssl rand -base64 48'),
      means: 'Encrypts backups. Without it nobody can restore them: keep a copy elsewhere.',
    },
    BACKUP_KEEP_DAYS: {
      is: value.whole(1, 3_650),
      default: '14',
      means: 'How many days back any moment can be restored.',
    },
    BACKUP_DATABASE_URL: {
      is: value.postgresUrl,
      means:
        'The database for `npm run backup`, as a superuser. Without it: `DATABASE_DIRECT_URL` or `DATABASE_URL`.',
    },
    BACKUP_JOBS: {
      is: value.flag,
      default: 'true',
      means: '`false`: with `BACKUP_DIR`, background jobs make and rehearse no backups; something else does.',
    },
  },
  'Who may ask, and how often': {
    CORS_ORIGINS: {
      is: value.origins,
      default: '',
      means: 'Web pages that may call the API from a browser, separated by commas.',
    },
    TRUST_PROXY: {
      is: value.proxies,
      default: '',
      means:
        'Proxies whose `X-Forwarded-*` headers are believed, separated by commas: addresses, ranges such as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`.',
    },
    ALLOWED_HOSTS: {
      is: value.hostNames,
      default: '',
      means:
        'Names this server answers to, separated by commas; `.clinic.uz` is every name below it. Without it: any.',
    },
    RATE_LIMIT: {
      is: z.enum(['on', 'off']).transform((text) => text === 'on'),
      default: 'on',
      means: '`off`, for measuring only, counts no requests and slows no guesses down.',
    },
    RATE_LIMIT_GUEST: {
      is: value.whole(1, 1_000_000),
      default: '300',
      means: 'Requests a minute of an address without a good token.',
    },
    RATE_LIMIT_DIRECTORY: {
      is: value.whole(1, 1_000_000),
      default: '120',
      means: 'Requests a minute of an address that reads the public directory without a token.',
    },
    RATE_LIMIT_USER: { is: value.whole(1, 1_000_000), default: '600', means: 'Requests a minute of a user.' },
    RATE_LIMIT_KEY: {
      is: value.whole(1, 1_000_000),
      default: '600',
      means: 'Requests a minute of an API key.',
    },
    RATE_LIMIT_AUTH: {
      is: value.whole(1, 1_000_000),
      default: '30',
      means: 'Requests a minute of an address that fail where passwords, codes and new names are checked.',
    },
    CODES_PER_HOUR: {
      is: value.whole(1, 1_000),
      default: '5',
      means: 'Codes an hour to one phone or email, and for one account.',
    },
    CODES_PER_HOUR_ADDRESS: {
      is: value.whole(1, 1_000),
      default: '60',
      means: 'Codes an hour that one address may ask for.',
    },
    SMS_CODES_PER_DAY: {
      is: value.whole(1, 1_000_000),
      default: '1000',
      means: 'Codes by SMS in a day of the clinic, whoever asks.',
    },
    REDIS_URL: {
      is: value.redisUrl,
      means: 'Where replicas count requests together. Without it each process counts for itself.',
    },
  },
  'Other systems': {
    WEBHOOK_ALLOW_PRIVATE: {
      is: value.flag,
      means: 'Lets webhooks go to private addresses, and by HTTP. Without it: `true`, in production `false`.',
    },
  },
  'Background jobs and messages': {
    WORKER: {
      is: z.enum(['internal', 'external', 'off']),
      default: 'internal',
      means:
        '`internal`: the API process runs the jobs; `external`: `npm run worker` does; `off`: nobody does.',
    },
    WORKER_CONCURRENCY: {
      is: value.whole(1, 50),
      default: '5',
      means: 'Jobs that run at a time in each process that runs them.',
    },
    PUBLIC_URL: {
      is: value.siteUrl,
      means: 'Where people reach this server, for links. In production reminders have no links without it.',
      property: 'site_url',
    },
    REMINDERS: {
      is: value.reminders,
      default: '24h,2h',
      means: 'How long before a visit its patient is reminded, or `off`.',
    },
    REMIND_DOCTOR_HOURS: {
      is: value.whole(0, 720),
      default: '24',
      means: 'How many hours before a visit its doctor is reminded to answer the request; `0`: not at all.',
    },
    MESSAGE_ATTEMPTS: {
      is: value.whole(1, 20),
      default: '10',
      means: 'How often a message is tried until an admin has to look at it.',
    },
    PROVIDER_TIMEOUT_SECONDS: {
      is: value.whole(1, 60),
      default: '10',
      part_of: 'channels',
      means: 'How long a provider has to answer.',
    },
    SMTP_URL: { is: value.smtpUrl, part_of: 'channels', means: 'The mail server.' },
    MAIL_FROM: {
      is: value.sender,
      part_of: 'channels',
      means: 'The sender of emails; required with `SMTP_URL`.',
    },
    // The settings of a provider begin with its name; those without a default are required with it.
    SMS_PROVIDER: { is: z.enum(['eskiz', 'twilio']), part_of: 'channels', means: '`eskiz` or `twilio`.' },
    ESKIZ_EMAIL: { is: value.text, part_of: 'channels', means: 'The account at Eskiz.uz.' },
    ESKIZ_PASSWORD: { is: value.text, part_of: 'channels', means: 'Its API password.' },
    ESKIZ_FROM: {
      is: value.text.max(11),
      default: '4546',
      part_of: 'channels',
      means: 'The sender of SMS by Eskiz.',
    },
    ESKIZ_URL: {
      is: value.siteUrl,
      default: 'https://notify.eskiz.uz',
      part_of: 'channels',
      means: 'The address of Eskiz.',
    },
    TWILIO_ACCOUNT_SID: { is: value.text, part_of: 'channels', means: 'The account at Twilio.' },
    TWILIO_AUTH_TOKEN: { is: value.text, part_of: 'channels', means: 'Its token.' },
    TWILIO_FROM: {
      is: value.text,
      part_of: 'channels',
      means: 'A number, a sender’s name, or a messaging service (`MG…`).',
    },
    TWILIO_URL: {
      is: value.siteUrl,
      default: 'https://api.twilio.com',
      part_of: 'channels',
      means: 'The address of Twilio.',
    },
    TELEGRAM_BOT_TOKEN: {
      is: value.telegramToken,
      part_of: 'channels',
      means: 'The token that @BotFather gave.',
    },
    TELEGRAM_API_URL: {
      is: value.siteUrl,
      default: 'https://api.telegram.org',
      part_of: 'channels',
      means: 'The address of Telegram.',
    },
  },
} as const satisfies Record<string, Record<string, Setting>>;

/**
 * What each provider of SIGN_IN_PROVIDERS has, by what follows `SIGN_IN_` and its name: SIGN_IN_GOOGLE_CLIENT_ID. Read by
 * config.providers.ts.
 */
export const providerSettings = {
  ISSUER: {
    is: value.issuer,
    means:
      'Whose name its tokens bear, and where its description is found. `google`, `microsoft` and `telegram` need none: `https://accounts.google.com`, `https://login.microsoftonline.com/common/v2.0`, `https://oauth.telegram.org`.',
  },
  CLIENT_ID: { is: value.text.max(200), means: 'What it calls this clinic. Required.' },
  CLIENT_SECRET: { is: value.text.max(2_000), means: 'What it gave for that.' },
  AUDIENCES: {
    is: value.identifiers,
    default: '',
    means: 'What it calls the clinic’s apps, whose tokens are taken too.',
  },
  TENANTS: {
    is: value.identifiers,
    default: '',
    means:
      'Whose members may sign in (Microsoft’s `tid`), for an issuer of many; `consumers` are personal accounts. Required for `common` and `organizations`.',
  },
  TRUST_PHONE: {
    is: value.flag,
    default: 'false',
    means: '`true`: a phone that it has verified counts as confirmed.',
  },
  LABEL: { is: value.text.max(50), means: 'What people call it. Without it: its name.' },
} as const satisfies Record<string, Setting>;
