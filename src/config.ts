import { join } from 'node:path';
import { z } from 'zod';
import { type ProviderSettings, readProviders } from './config.providers.ts';
import { settings } from './config.table.ts';

type Table = typeof settings;
type Name = { [Heading in keyof Table]: keyof Table[Heading] }[keyof Table];
type Setting<N extends Name> = Extract<Table[keyof Table], Record<N, unknown>>[N];
type Value<N extends Name> =
  | (Setting<N> extends { is: infer Is extends z.ZodType } ? z.output<Is> : never)
  | (Setting<N> extends { default: string } ? never : undefined);
type Property<N extends Name> =
  Setting<N> extends { part_of: string }
    ? never
    : Setting<N> extends { property: infer Given extends string }
      ? Given
      : Lowercase<N>;

/** The environment as it was read: every setting by its name. */
type Environment = { readonly [N in Name]: Value<N> };
/** What follows from more than one setting. */
type Derived = ReturnType<typeof derive>;

/** The settings of a process. Each is typed once, in config.table.ts. */
export type Config = Readonly<
  Omit<{ [N in Name as Property<N>]: Value<N> }, keyof Derived> &
    Derived & { sign_in_providers: readonly ProviderSettings[] }
>;

/** A setting that cannot be used; `message` is one line for the person who set it. */
export class ConfigError extends Error {}

interface Row {
  is: z.ZodType<unknown, string>;
  default?: string;
  property?: string;
  part_of?: string;
}
const rows: [string, Row][] = Object.values(settings).flatMap((group) => Object.entries<Row>(group));

/** Secrets that have stood in documentation, here or elsewhere: production refuses them. */
const SAMPLE_SECRET = /secret|change|example|sample|password|development|test|1234|(.)\1{7}/i;

type Refuse = (name: Name, message: string) => void;

const environment = z
  .object(
    Object.fromEntries(
      rows.map(([name, { is, default: text }]) => [
        name,
        text === undefined ? is.optional() : is.prefault(text),
      ]),
    ),
  )
  .superRefine((read, context) => {
    const env = read as Environment;
    const refuse: Refuse = (name, message) => context.addIssue({ code: 'custom', path: [name], message });
    judgeTogether(env, refuse);
    if (env.NODE_ENV === 'production') judgeProduction(env, refuse);
  });

/** What one setting needs of others. */
function judgeTogether(env: Environment, refuse: Refuse): void {
  const need = (names: readonly Name[], why: string) => {
    for (const name of names) if (env[name] === undefined) refuse(name, `is required with ${why}`);
  };
  for (const name of ['DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'] as const)
    if (env[name] && !env.DATABASE_URL) refuse(name, 'goes together with DATABASE_URL');
  if ((env.ADMIN_USERNAME === undefined) !== (env.ADMIN_PASSWORD === undefined))
    refuse('ADMIN_PASSWORD', 'goes together with ADMIN_USERNAME');
  // Nobody of the staff could set it up, and nobody would get in.
  if (env.STAFF_TWO_STEP === 'required' && env.NODE_ENV === 'production')
    need(['DATA_KEYS'], 'STAFF_TWO_STEP=required');
  if (env.JWT_PRIVATE_KEYS) need(['PUBLIC_URL'], 'JWT_PRIVATE_KEYS');
  if (env.SMTP_URL) need(['MAIL_FROM'], 'SMTP_URL');
  const { SMS_PROVIDER: provider } = env;
  if (provider) need(namesOf(provider), `SMS_PROVIDER=${provider}`);
}

function judgeProduction(env: Environment, refuse: Refuse): void {
  const judge = (name: Name, secret: string) => {
    if (Buffer.byteLength(secret) < 32) refuse(name, 'is too short: 32 bytes at least');
    else if (SAMPLE_SECRET.test(secret))
      refuse(name, 'is a sample or too simple; make one with: openssl rand -base64 48');
  };
  if (!env.DATABASE_URL)
    refuse('DATABASE_URL', 'is required in production, e.g. postgres://user:password@host/clinic');
  if (!env.JWT_SECRET)
    refuse('JWT_SECRET', 'is required in production; make one with: openssl rand -base64 48');
  else judge('JWT_SECRET', env.JWT_SECRET);
  // What still verifies must be as strong as what signs.
  for (const previous of env.JWT_PREVIOUS_SECRET) judge('JWT_PREVIOUS_SECRET', previous);
  if (env.SIGN_IN_PROVIDERS.length > 0 && !env.PUBLIC_URL)
    refuse('PUBLIC_URL', 'is required in production with SIGN_IN_PROVIDERS: providers lead back to it');
  if (env.SIGN_IN_REDIRECTS.some((address) => address.startsWith('http:')))
    refuse('SIGN_IN_REDIRECTS', 'must be https in production');
  if (env.BCRYPT_COST < 10) refuse('BCRYPT_COST', 'must be 10 or more in production');
}

function derive(env: Environment) {
  const production = env.NODE_ENV === 'production';
  const host = env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  const local = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const { ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = env;
  return {
    production,
    host,
    /** The database itself, past any pooler. */
    database_direct_url: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    migrate_on_start: env.MIGRATE_ON_START ?? !production,
    doctor_approval: env.DOCTOR_APPROVAL ?? (production ? ('required' as const) : ('automatic' as const)),
    public_directory: env.PUBLIC_DIRECTORY ?? !production,
    webhook_allow_private: env.WEBHOOK_ALLOW_PRIVATE ?? !production,
    demo_data: env.DEMO_DATA ?? env.NODE_ENV === 'development',
    first_admin: username && password ? { username, password } : undefined,
    // A guess would stand in people's messages: in production there are no links without PUBLIC_URL. `site_url` is never
    // a guess, which would be wrong at every other address.
    public_url: env.PUBLIC_URL ?? (production ? undefined : `http://${local}:${env.PORT}`),
    /** What somebody needs of these settings to go on with a restored database. */
    kept_secrets: secretsOf(env),
    /** Where doctors' photos are kept. */
    photos: env.PHOTOS_URL ?? { folder: join(env.DATA_DIR, 'photos') },
    /** The keys of what is encrypted in the database. */
    data_keys: env.DATA_KEYS
      ? { file: env.DATA_KEYS, make: false }
      : { file: production ? undefined : join(env.DATA_DIR, 'data-keys.json'), make: !production },
    channels: channelsOf(env, production),
    tracing: tracingOf(env),
  };
}

/** Where traces go; undefined where no collector is named, or somebody has switched them off. */
function tracingOf(env: Environment) {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = env;
  const url = own ?? (base && `${base}/v1/traces`);
  if (url === undefined || env.OTEL_SDK_DISABLED || env.OTEL_TRACES_EXPORTER === 'none') return undefined;
  return {
    url,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS,
    timeout: env.OTEL_EXPORTER_OTLP_TIMEOUT,
    service: env.OTEL_SERVICE_NAME,
    resource: env.OTEL_RESOURCE_ATTRIBUTES,
    sampler: env.OTEL_TRACES_SAMPLER,
    sampler_arg: env.OTEL_TRACES_SAMPLER_ARG,
  };
}

/** What tokens and codes are signed or sealed with, by the names of the settings. */
function secretsOf({ JWT_SECRET, JWT_PREVIOUS_SECRET }: Environment): Record<string, string> {
  return {
    ...(JWT_SECRET && { JWT_SECRET }),
    ...(JWT_PREVIOUS_SECRET.length > 0 && { JWT_PREVIOUS_SECRET: JWT_PREVIOUS_SECRET.join(',') }),
  };
}

type SmsProvider = NonNullable<Environment['SMS_PROVIDER']>;

/** The settings of a provider of SMS, which are those that begin with its name. */
type SettingsOf<Provider extends SmsProvider> = {
  [N in Name as N extends `${Uppercase<Provider>}_${infer Rest}` ? Lowercase<Rest> : never]: NonNullable<
    Value<N>
  >;
};

const namesOf = (provider: SmsProvider) =>
  rows.map(([name]) => name as Name).filter((name) => name.startsWith(`${provider.toUpperCase()}_`));

/** The providers of messages that are set up. */
interface Channels extends SmsChannel {
  email?: { smtp_url: string; from: string } | undefined;
  telegram?: { token: string; api_url: string } | undefined;
  /** The file to which messages without a provider go, outside production. */
  file?: string | undefined;
  /** Milliseconds that a provider has to answer. */
  timeout: number;
}

/** The provider of SMS that was chosen, with its settings, which `judgeTogether` has seen to be there. */
type SmsChannel = { [Provider in SmsProvider]?: SettingsOf<Provider> | undefined };

function smsOf(env: Environment): SmsChannel {
  const { SMS_PROVIDER: provider } = env;
  if (!provider) return {};
  const settings = namesOf(provider).map((name) => [
    name.slice(provider.length + 1).toLowerCase(),
    env[name],
  ]);
  return { [provider]: Object.fromEntries(settings) };
}

function channelsOf(env: Environment, production: boolean): Channels {
  return {
    email: env.SMTP_URL && env.MAIL_FROM ? { smtp_url: env.SMTP_URL, from: env.MAIL_FROM } : undefined,
    ...smsOf(env),
    telegram: env.TELEGRAM_BOT_TOKEN
      ? { token: env.TELEGRAM_BOT_TOKEN, api_url: env.TELEGRAM_API_URL }
      : undefined,
    file: production ? undefined : join(env.DATA_DIR, 'messages.log'),
    timeout: env.PROVIDER_TIMEOUT_SECONDS * 1_000,
  };
}

/**
 * Reads every setting once; only entry points call it.
 * @param source usually process.env; empty values count as absent
 * @throws ConfigError that names each wrong setting, never its value
 */
export function loadConfig(source: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(source).filter(([, text]) => text !== ''));
  const parsed = environment.safeParse(present);
  const { providers, wrong: ofProviders } = readProviders(present);
  if (!parsed.success || ofProviders.length > 0) {
    const issues = parsed.error?.issues ?? [];
    const wrong = [...issues.map((issue) => `${issue.path.join('.')} ${issue.message}`), ...ofProviders];
    throw new ConfigError(`Bad settings: ${wrong.join('; ')}. See .env.example.`);
  }
  const env = parsed.data as Environment;
  const plain = rows
    .filter(([, { part_of }]) => part_of === undefined)
    .map(([name, { property = name.toLowerCase() }]) => [property, env[name as Name]]);
  return Object.freeze({
    ...Object.fromEntries(plain),
    ...derive(env),
    sign_in_providers: providers,
  }) as Config;
}
