import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { asStarted } from '../../bench/processes.ts';
import { loadConfig } from '../../src/config.ts';

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
      `NODE_COMPILE_CACHE=node_modules/.cache/node exec node ${options} src/${name === 'start' ? 'server' : name}.ts`,
    );
  expect(read('Dockerfile')).toContain(`NODE_OPTIONS=${options} `);
  expect(asStarted.env.NODE_COMPILE_CACHE).toBe(
    resolve(import.meta.dirname, '../../node_modules/.cache/node'),
  );
});
