import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { asStarted } from '../../bench/processes.ts';
import { providerSettings, settings } from '../../src/config.table.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';

const read = (file: string) => readFileSync(resolve(import.meta.dirname, '../..', file), 'utf8');

const all: [string, { default?: string; means: string }][] = Object.values(settings).flatMap((group) =>
  Object.entries(group),
);
const names = all.map(([name]) => name).sort();

/** The settings of .env.example, those that are commented out apart. */
const example = [...read('.env.example').matchAll(/^(# )?([A-Z][A-Z_]+)=(.*)$/gm)].map(
  ([, comment, name = '', value = '']) => ({ name, value, isDefault: comment === undefined }),
);

/** Those of one provider each, which bear its name. */
const OF_PROVIDER = /^SIGN_IN_(?:GOOGLE|MICROSOFT|TELEGRAM|ONEID)_(\w+)$/;

test('every setting stands in .env.example, and nothing else', () => {
  expect(names.length).toBeGreaterThan(50);
  const written = example.map(({ name }) => name);
  expect(written.filter((name) => !OF_PROVIDER.test(name)).sort()).toEqual(names);
  const ofProviders = new Set(written.flatMap((name) => OF_PROVIDER.exec(name)?.[1] ?? []));
  expect([...ofProviders].sort()).toEqual(Object.keys(providerSettings).sort());
});

test('what stands in .env.example are the defaults', () => {
  const defaults = example.filter(({ isDefault }) => isDefault);
  expect(loadConfig(Object.fromEntries(defaults.map(({ name, value }) => [name, value])))).toEqual(
    loadConfig({}),
  );
});

test('what is commented out in .env.example would be taken', () => {
  const particular: Record<string, string> = {
    TELEGRAM_BOT_TOKEN: '123456:ABC-DEF',
    METRICS_TOKEN: 'sixteen-bytes-of-it',
    BACKUP_KEY: 'thirty-two-bytes-of-it-and-some-more',
  };
  const filled = (name: string) => particular[name] ?? 'something';
  const given = Object.fromEntries(example.map(({ name, value }) => [name, value || filled(name)]));
  const config = loadConfig(given);
  expect(config.sign_in_providers).toMatchObject([
    { name: 'google', issuer: 'https://accounts.google.com', label: 'Google', trust_phone: false },
    { name: 'microsoft', issuer: 'https://login.microsoftonline.com/common/v2.0', tenants: ['consumers'] },
    { name: 'telegram', issuer: 'https://oauth.telegram.org', trust_phone: true },
    { name: 'oneid', issuer: 'https://sso.example.uz', client_id: 'something', label: 'OneID' },
  ]);
  expect(config.channels).toMatchObject({ email: {}, eskiz: {}, telegram: {} });
  expect(loadConfig({ ...given, SMS_PROVIDER: 'twilio' }).channels).toMatchObject({ twilio: {} });
});

/** What docs/settings.md must be. */
function page(): string {
  const ofProviders = Object.entries(providerSettings).map(
    ([name, setting]) => [`SIGN_IN_<NAME>_${name}`, setting] as const,
  );
  const groups: [string, object][] = Object.entries(settings).map(([heading, group]) => [
    heading,
    heading === 'Signing in with others' ? { ...group, ...Object.fromEntries(ofProviders) } : group,
  ]);
  const lines = groups.flatMap(([heading, group]) => [
    '',
    `## ${heading}`,
    '',
    '| setting | default | what it does |',
    '|---|---|---|',
    ...Object.entries(group as Record<string, { default?: string; means: string }>).map(
      ([name, { default: text, means }]) => `| \`${name}\` | ${text ? `\`${text}\`` : ''} | ${means} |`,
    ),
  ]);
  return `${[INTRODUCTION, ...lines].join('\n')}\n`;
}

const INTRODUCTION = `# Settings

A process reads them from its environment, then from \`.env\`. [.env.example](../.env.example) has them all with further
explanations. A wrong setting is refused at start, in one line that names it.

The tables are those of \`src/config.table.ts\`. \`npx vitest run test/unit/settings.test.ts -u\` writes this page anew.`;

test('docs/settings.md lists every setting with its default and meaning', async () => {
  expect(existsSync(resolve(import.meta.dirname, '../../docs/settings.md'))).toBe(true);
  await expect(page()).toMatchFileSnapshot('../../docs/settings.md');
});

test('containers read .env, and decide for themselves what is theirs to decide', () => {
  const compose = read('docker-compose.yml');
  const [, own = ''] = /environment: &settings\n((?: {6}.*\n)+)/.exec(compose) ?? [];
  const decided = [...own.matchAll(/^ {6}([A-Z_]+): \S/gm)].map(([, name]) => name);
  for (const name of ['DATA_DIR', 'DEMO_DATA', 'HOST', 'MIGRATE_ON_START', 'NODE_ENV', 'PORT'])
    expect(decided).toContain(name);
  const processes = compose.match(/image: clinic-booking-api:local/g) ?? [];
  expect(processes.length).toBeGreaterThan(3);
  expect(compose.match(/env_file: (?:&file|\*file)/g)).toHaveLength(processes.length);
});

test('an origin is compared as browsers write it, and is nothing more than one', () => {
  const read = (CORS_ORIGINS: string) => loadConfig({ CORS_ORIGINS }).cors_origins;
  expect(
    read('https://Clinic.uz/,https://app.clinic.uz:443,http://localhost:5173,capacitor://localhost'),
  ).toEqual(['https://clinic.uz', 'https://app.clinic.uz', 'http://localhost:5173', 'capacitor://localhost']);
  for (const other of [
    'https://clinic.uz/book/',
    'https://clinic.uz?a=b',
    'https://a:b@clinic.uz',
    'mailto:a@clinic.uz',
  ])
    expect(() => read(other), other).toThrow(ConfigError);
});

test('a list of proxies is what Fastify takes, and nothing else', () => {
  const good = ['127.0.0.1', '10.0.0.0/8', '10.0.0.0/255.0.0.0', '::1', 'fd00::/8', '::ffff:10.0.0.1'];
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  expect(loadConfig({ TRUST_PROXY: ` ${[...good, ...named].join(' , ')},, ` }).trust_proxy).toEqual([
    ...good,
    ...named,
  ]);
  expect(() => Fastify({ trustProxy: [...good, ...named] })).not.toThrow();
  const bad = [
    'localhost',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '10.0.0.0/255.0.255.0',
    '::/129',
    '10.0.0.0/8/8',
    'all',
  ];
  for (const item of bad) {
    expect(() => loadConfig({ TRUST_PROXY: `127.0.0.1,${item}` }), item).toThrow(
      'TRUST_PROXY must be a list of addresses or ranges',
    );
    expect(() => Fastify({ trustProxy: [item] }), item).toThrow();
  }
});

test('a stray comma in a list is no item', () => {
  const lists = {
    TRUST_PROXY: '127.0.0.1,',
    CORS_ORIGINS: ',https://clinic.uz',
    ALLOWED_HOSTS: 'Clinic.uz,,',
  };
  expect(loadConfig(lists)).toMatchObject({
    trust_proxy: ['127.0.0.1'],
    cors_origins: ['https://clinic.uz'],
    allowed_hosts: ['clinic.uz'],
  });
});

test('npm, the image and the benchmark run node with the same options', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const options = asStarted.flags.join(' ');
  for (const name of ['start', 'worker'])
    expect(scripts[name]).toBe(
      `NODE_COMPILE_CACHE=node_modules/.cache/node exec node ${options} src/main/${name === 'start' ? 'server' : name}.ts`,
    );
  expect(read('Dockerfile')).toContain(`NODE_OPTIONS=${options} `);
  expect(asStarted.env.NODE_COMPILE_CACHE).toBe(
    resolve(import.meta.dirname, '../../node_modules/.cache/node'),
  );
});

const ONE_ID = {
  SIGN_IN_PROVIDERS: 'oneid',
  SIGN_IN_ONEID_ISSUER: 'https://sso.example.uz',
  SIGN_IN_ONEID_CLIENT_ID: 'clinic',
};

test.each([
  [{ PORT: 'abc' }, 'PORT must be a whole number'],
  [{ CLINIC_TIMEZONE: 'Mars/Olympus' }, 'CLINIC_TIMEZONE must be the name of a time zone by its place'],
  [{ CLINIC_TIMEZONE: '-05:00' }, 'CLINIC_TIMEZONE must be the name of a time zone by its place'],
  [{ CLINIC_TIMEZONE: 'EST5EDT' }, 'CLINIC_TIMEZONE must be the name of a time zone by its place'],
  [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must look like postgres://'],
  [{ ADMIN_USERNAME: 'boss' }, 'ADMIN_PASSWORD goes together with ADMIN_USERNAME'],
  [{ NODE_ENV: 'production' }, 'DATABASE_URL is required in production'],
  [{ NODE_ENV: 'production' }, 'JWT_SECRET is required in production'],
  [{ NODE_ENV: 'production', JWT_SECRET: 'too-tiny-by-far' }, 'JWT_SECRET is too short'],
  [
    { NODE_ENV: 'production', JWT_SECRET: 'please-change-me-please-change-me-please' },
    'JWT_SECRET is a sample',
  ],
  [{ NODE_ENV: 'production', BCRYPT_COST: '4' }, 'BCRYPT_COST must be 10 or more'],

  [{ SMTP_URL: 'smtp://localhost' }, 'MAIL_FROM is required with SMTP_URL'],
  [{ SMTP_URL: 'http://localhost', MAIL_FROM: 'a@b.c' }, 'SMTP_URL must look like smtp://'],
  [{ SMTP_URL: 'smtp://localhost', MAIL_FROM: 'nobody' }, 'MAIL_FROM must look like'],
  [{ SMS_PROVIDER: 'eskiz' }, 'ESKIZ_EMAIL is required with SMS_PROVIDER=eskiz'],
  [{ SMS_PROVIDER: 'twilio', TWILIO_FROM: '+1' }, 'TWILIO_ACCOUNT_SID is required with SMS_PROVIDER=twilio'],
  [{ SMS_PROVIDER: 'pigeon' }, 'SMS_PROVIDER'],
  [{ SIGN_IN_PROVIDERS: 'Google' }, 'SIGN_IN_PROVIDERS must be a list of names'],
  [{ SIGN_IN_PROVIDERS: 'google,google' }, 'SIGN_IN_PROVIDERS names a provider twice'],
  [{ SIGN_IN_PROVIDERS: 'google' }, 'SIGN_IN_GOOGLE_CLIENT_ID is required with SIGN_IN_PROVIDERS=google'],
  [{ SIGN_IN_PROVIDERS: 'oneid', SIGN_IN_ONEID_CLIENT_ID: 'x' }, 'SIGN_IN_ONEID_ISSUER is required'],
  [
    { SIGN_IN_PROVIDERS: 'microsoft', SIGN_IN_MICROSOFT_CLIENT_ID: 'x' },
    'SIGN_IN_MICROSOFT_TENANTS is required',
  ],
  [
    { ...ONE_ID, SIGN_IN_ONEID_ISSUER: 'http://sso.example.uz' },
    'SIGN_IN_ONEID_ISSUER must look like https://',
  ],
  [{ ...ONE_ID, SIGN_IN_ONEID_ISSUER: 'https://x@sso.uz' }, 'SIGN_IN_ONEID_ISSUER must look like https://'],
  [
    { ...ONE_ID, SIGN_IN_ONEID_ISSUER: 'http://127.0.0.1:4000', NODE_ENV: 'production' },
    'SIGN_IN_ONEID_ISSUER must be https in production',
  ],
  [{ ...ONE_ID, SIGN_IN_ONEID_TRUST_PHONE: 'yes' }, 'SIGN_IN_ONEID_TRUST_PHONE'],
  [{ ...ONE_ID, NODE_ENV: 'production' }, 'PUBLIC_URL is required in production with SIGN_IN_PROVIDERS'],
  [{ SIGN_IN_REDIRECTS: 'http://app.clinic.uz/' }, 'SIGN_IN_REDIRECTS must be a list of addresses'],
  [{ SIGN_IN_REDIRECTS: 'javascript:alert(1)' }, 'SIGN_IN_REDIRECTS must be a list of addresses'],
  [{ SIGN_IN_REDIRECTS: 'https://app.clinic.uz/#here' }, 'SIGN_IN_REDIRECTS must be a list of addresses'],
  [
    { SIGN_IN_REDIRECTS: 'http://localhost:5173/', NODE_ENV: 'production' },
    'SIGN_IN_REDIRECTS must be https in production',
  ],
  [{ TELEGRAM_BOT_TOKEN: 'oops' }, 'TELEGRAM_BOT_TOKEN must be the token'],
  [{ REMINDERS: 'tomorrow' }, 'REMINDERS must be times such as 24h,2h or 30m, or off'],
  [{ PUBLIC_URL: 'clinic.uz' }, 'PUBLIC_URL must look like https://host'],
  [{ PUBLIC_URL: 'https://clinic.uz/?lang=uz' }, 'PUBLIC_URL must look like https://host, without ? and #'],
  [{ TELEGRAM_API_URL: 'https://bots.uz/#api' }, 'TELEGRAM_API_URL must look like https://host, without ?'],
  [{ WORKER: 'maybe' }, 'WORKER'],
  [{ TRUST_PROXY: 'localhost' }, 'TRUST_PROXY must be a list of addresses or ranges'],
  [{ CORS_ORIGINS: 'clinic.uz' }, 'CORS_ORIGINS must be a list of origins such as https://clinic.uz'],
  [{ ALLOWED_HOSTS: 'clinic uz' }, 'ALLOWED_HOSTS must be a list of names such as clinic.uz'],
  [{ MESSAGE_ATTEMPTS: '0' }, 'MESSAGE_ATTEMPTS'],
])('%o is refused in one line', (env: Record<string, string>, said) => {
  const refusal = thrownBy(() => loadConfig(env));
  expect(refusal).toBeInstanceOf(ConfigError);
  const { message } = refusal as ConfigError;
  expect(message).toContain(said);
  expect(message).not.toContain('\n');
  if (env.JWT_SECRET) expect(message).not.toContain(env.JWT_SECRET);
});

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
