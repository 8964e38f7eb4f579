import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { asStarted } from '../../bench/processes.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';

const read = (file: string) => readFileSync(resolve(import.meta.dirname, '../..', file), 'utf8');

/** Every setting, from the text of the schema. */
const names = ['src/config.ts', 'src/config.messages.ts']
  .flatMap((file) => [...read(file).matchAll(/^ {2,4}([A-Z][A-Z_]+): [\w.(]/gm)])
  .map(([, name = '']) => name)
  .sort();

/** The settings of .env.example, those that are commented out apart. */
const example = [...read('.env.example').matchAll(/^(# )?([A-Z][A-Z_]+)=(.*)$/gm)].map(
  ([, comment, name = '', value = '']) => ({ name, value, isDefault: comment === undefined }),
);

test('every setting stands in .env.example, and nothing else', () => {
  expect(names.length).toBeGreaterThan(50);
  expect(example.map(({ name }) => name).sort()).toEqual(names);
});

test('what stands in .env.example are the defaults', () => {
  const defaults = example.filter(({ isDefault }) => isDefault);
  expect(loadConfig(Object.fromEntries(defaults.map(({ name, value }) => [name, value])))).toEqual(
    loadConfig({}),
  );
});

test('what is commented out there would be taken', () => {
  const filled = (name: string) => (name === 'TELEGRAM_BOT_TOKEN' ? '123456:ABC-DEF' : 'something');
  const all = Object.fromEntries(example.map(({ name, value }) => [name, value || filled(name)]));
  const config = loadConfig(all);
  expect(config.channels).toMatchObject({ email: {}, eskiz: {}, telegram: {} });
  expect(loadConfig({ ...all, SMS_PROVIDER: 'twilio' }).channels).toMatchObject({ twilio: {} });
});

test('containers are given every setting but those that are theirs to decide', () => {
  const [, settings = ''] = /environment: &settings\n((?: {6}.*\n)+)/.exec(read('docker-compose.yml')) ?? [];
  const given = [...settings.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
  const own = ['DATA_DIR', 'DEMO_DATA', 'HOST', 'MIGRATE_ON_START', 'NODE_ENV', 'PORT'];
  expect([...given, ...own].sort()).toEqual(names);
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
  [{ TELEGRAM_BOT_TOKEN: 'oops' }, 'TELEGRAM_BOT_TOKEN must be the token'],
  [{ REMINDERS: 'tomorrow' }, 'REMINDERS must be times such as 24h,2h or 30m, or off'],
  [{ PUBLIC_URL: 'clinic.uz' }, 'PUBLIC_URL must look like https://host'],
  [{ WORKER: 'maybe' }, 'WORKER'],
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
