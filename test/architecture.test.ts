import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { lockKeys } from '../src/db/lock-keys.ts';

const root = resolve(import.meta.dirname, '..');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`);

/** Every relative import of a file, as a path from the project's root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, target = '']) =>
    relative(root, join(root, dirname(file), target)).replaceAll('\\', '/'),
  );
}

const MODULE = /^src\/modules\/([\w-]+)\//;

/** Who may have which slot, who may act for whom, and what is noted of a change, as SQL and as the bounds that it reads: any statement says it in these words. */
const CONDITIONS =
  /^src\/modules\/((availability|<own>|patients\/families|<own>\/families|audit)\/[\w-]+\.sql|(availability|<own>)\/policy\.rules)\.ts$/;

/** The providers of messages, each behind one interface. */
const CHANNELS = /^src\/modules\/(notifications|<own>)\/channels\//;

/** How what people are told is written, from the texts of i18n. */
const TEXTS = /^src\/modules\/(notifications|<own>)\/texts\//;

/** What each kind of file may import; the first pattern that fits a file decides. */
const arrows: { from: RegExp; to: RegExp[] }[] = [
  { from: /^src\/core\//, to: [/^src\/core\//] },
  { from: /^src\/i18n\//, to: [/^src\/(core|i18n)\//] },
  { from: /^src\/db\//, to: [/^src\/(core|db)\//] },
  { from: /^src\/events\//, to: [/^src\/(core|db|events)\//] },
  { from: /^src\/memory\//, to: [/^src\/(core|db|memory)\//] },
  { from: /^src\/http\//, to: [/^src\/(core|i18n|http)\//] },
  // What it shows people is asked of the public API by their browsers: it knows no module.
  { from: /^src\/pages\//, to: [/^src\/(core|i18n|http|pages)\//] },
  { from: /^src\/config(\.\w+)?\.ts$/, to: [/^src\/core\//, /^src\/config\.\w+\.ts$/] },
  {
    from: /^src\/modules\.ts$/,
    to: [/^src\/modules\/[\w-]+\/index\.ts$/, /^src\/(core|db|events|memory)\//, /^src\/config\.ts$/],
  },
  { from: /^src\/app\.ts$/, to: [/^src\/(config|modules)\.ts$/, /^src\/(core|i18n|db|http|pages)\//] },
  // A provider knows nothing but its protocol, and a text nothing but what it says.
  { from: CHANNELS, to: [/^src\/core\//, CHANNELS] },
  { from: TEXTS, to: [/^src\/(core|i18n)\//, TEXTS] },
  // Where files are kept, behind one interface; what runs as a process of its own.
  { from: /[./]store\.ts$/, to: [/^src\/core\//, OWN('store')] },
  { from: /\.process\.ts$/, to: [/^src\/core\//, OWN('rules')] },
  // A large module is put together of its parts in a file of its own name.
  { from: /^src\/modules\/([\w-]+)\/\1(\.jobs)?\.ts$/, to: [/^src\/(core|db)\//, OWN('.*'), DOOR()] },
  { from: /\.pages\.ts$/, to: [/^src\/(core|i18n)\//, OWN('service'), TEXTS, DOOR()] },
  { from: /\.sql\.ts$/, to: [/^src\/core\//, /^src\/db\/sql\.ts$/, OWN('(rules|sql)')] },
  { from: /\.rules\.ts$/, to: [/^src\/core\//, OWN('(rules|schemas)')] },
  { from: /\.schemas\.ts$/, to: [/^src\/(core|http)\//, OWN('(personal|rules|schemas)'), DOOR()] },
  // What a module holds of people: how it is described, read, forgotten and swept.
  { from: /[/.]personal\.ts$/, to: [/^src\/(core|db|http)\//, OWN('(repository|rules|schemas)')] },
  // Of a module that is split by use case, each file may use the columns and conditions of another.
  {
    from: /\.repository\.ts$/,
    to: [/^src\/(core|db)\//, OWN('(personal|repository|rules|schemas)'), CONDITIONS, TEXTS],
  },
  {
    from: /\.service\.ts$/,
    to: [
      /^src\/(core|db|events|i18n|memory)\//,
      OWN('(personal|repository|rules|schemas|passwords|service|store)'),
      CHANNELS,
      TEXTS,
      DOOR(),
    ],
  },
  { from: /\.routes\.ts$/, to: [/^src\/(core|http|i18n)\//, OWN('(pages|routes|schemas|service)'), DOOR()] },
  { from: /^src\/modules\/[\w-]+\/index\.ts$/, to: [OWN('.*')] },
  { from: /^src\/modules\//, to: [/^src\/core\//] },
  {
    from: /^src\/(main|cli)\//,
    to: [/^src\/(core|i18n|db|http|main|cli)\//, /^src\/(config|app|modules)\.ts$/, DOOR()],
  },
];

/** Another file of the same module, by its role. */
function OWN(role: string): RegExp {
  return new RegExp(`^src/modules/<own>/(?:[\\w-]+/)?(?:[\\w-]+\\.)?${role}\\.ts$`);
}

/** Another module's door: its types and schemas; what it does is handed in by modules.ts. */
function DOOR(): RegExp {
  return /^src\/modules\/[\w-]+\/index\.ts$/;
}

test.each(files)('%s imports only what its place allows', (file) => {
  const rule = arrows.find(({ from }) => from.test(file));
  expect(rule, `no rule for ${file}`).toBeDefined();
  const own = MODULE.exec(file)?.[1];
  const wrong = importsOf(file).filter((target) => {
    const seen = own ? target.replace(`src/modules/${own}/`, 'src/modules/<own>/') : target;
    return !rule?.to.some((allowed) => allowed.test(seen));
  });
  expect(wrong).toEqual([]);
});

test('no file imports itself through others', () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    expect(path, 'a circle').not.toContain(file);
    if (done.has(file)) return;
    for (const target of importsOf(file)) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('the environment and the system clock are read by their owners only', () => {
  const owners = /^src\/config\.ts$|^src\/(main|cli)\/|^src\/core\/clock\.ts$|^src\/db\/(embedded|backup)\//;
  const offenders = files.filter(
    (file) =>
      !owners.test(file) &&
      /process\.env|new Date\(\)|Date\.now\(\)/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(offenders).toEqual([]);
});

test('every advisory lock has a number of its own, in db/lock-keys', () => {
  const numbers = Object.values(lockKeys);
  expect(new Set(numbers).size).toBe(numbers.length);
  const others = files.filter((file) => {
    if (file === 'src/db/lock-keys.ts') return false;
    const text = readFileSync(join(root, file), 'utf8');
    return /\b7_?420_?1\d\d\b|advisory\w*lock\w*\(\d/.test(text);
  });
  expect(others).toEqual([]);
});

test('what a role may do is asked of core/roles, by what it is about', () => {
  const offenders = files.filter(
    (file) =>
      file !== 'src/core/roles.ts' &&
      /\brole\s*[!=]==\s*'|'(?:admin|doctor|patient|receptionist)'\s*[!=]==/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
  );
  expect(offenders).toEqual([]);
});

test('no wall time becomes an instant, nor an instant a wall time, but by the clock', () => {
  // PostgreSQL's table of time zones is another than Node's, and older or newer: what asks both has two answers.
  const inSql =
    /\bat\s+time\s+zone\b|\btimezone\s*\(|\bcurrent_(?:date|time)\b|\blocal(?:time|timestamp)\b|now\(\)\s*::\s*(?:date|time)\b/i;
  const migrations = readdirSync(join(root, 'drizzle')).filter((file) => /^\d{4}_.*\.sql$/.test(file));
  expect(migrations.length).toBeGreaterThan(8);
  const offenders = [...files, ...migrations.map((file) => `drizzle/${file}`)].filter((file) =>
    inSql.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(offenders).toEqual([]);
});
