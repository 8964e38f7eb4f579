import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { leftOut } from '../fast.ts';
import { blocksOf, pages, readPage, root } from './pages.ts';

const manifest = JSON.parse(readPage('package.json')) as { version: string; scripts: Record<string, string> };

/** The name that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test.each(pages)('every link of %s leads to a file and a heading that exist', (page) => {
  for (const [, target = ''] of readPage(page).matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)) {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), target).toBe(true);
    if (anchor === undefined) continue;
    const headings = [...readPage(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
    expect(headings.map(anchorOf), target).toContain(anchor);
  }
});

test.each(pages)('%s names only scripts that package.json has, and files that exist', (page) => {
  const text = readPage(page);
  for (const [, name = ''] of text.matchAll(/\bnpm run ([a-z:-]*[a-z])/g))
    expect(Object.keys(manifest.scripts)).toContain(name);
  // What has changed names what was before.
  if (page === 'CHANGELOG.md') return;
  for (const [path] of text.matchAll(
    /\b(?:test|src|deploy|bench|drizzle)\/[\w./-]+\.(?:ts|sql|ini|conf|md)\b/g,
  ))
    expect(existsSync(join(root, path)), path).toBe(true);
});

test.each([
  ['Modules, file by file', 'src/modules'],
  ['The other folders, file by file', 'src/{core,db,events,memory,http,i18n,main,cli,pages}'],
])('README names every file, by the first word of its name (%s)', (heading, folder) => {
  const [, section = ''] = new RegExp(`### ${heading}\n([\\s\\S]*?)\n### `).exec(readPage('README.md')) ?? [];
  const named = new Set(section.match(/[a-z0-9]+(-[a-z0-9]+)*/g));
  const stems = globSync(`${folder}/**/*.{ts,js}`, { cwd: root })
    .filter((path) => !/^src\/(db\/schema|http\/docs\/static)\//.test(path))
    .map((path) => basename(path).split('.')[0] ?? '')
    .filter((stem) => stem !== 'index' && stem !== 'personal');
  expect([...new Set(stems)].filter((stem) => !named.has(stem))).toEqual([]);
});

test('README names every script of package.json', () => {
  for (const name of Object.keys(manifest.scripts))
    expect(readPage('README.md')).toMatch(new RegExp(`\`npm (run )?${name}\``));
});

test('every block of commands is bash that parses', () => {
  for (const block of pages.flatMap(blocksOf)) execFileSync('bash', ['-n'], { input: block });
});

interface Service {
  profiles?: string[];
  image?: string;
  build?: string;
  volumes?: string[];
  depends_on?: Record<string, unknown>;
}
const compose = parse(readPage('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};

test('docker-compose.yml names only services, images, volumes and files that exist', () => {
  const { services, volumes } = compose;
  const built = Object.values(services).filter(({ build }) => build !== undefined);
  expect(built.map(({ image }) => image)).toEqual(['clinic-booking-api:local']);
  for (const [name, { image, depends_on = {}, volumes: mounts = [] }] of Object.entries(services)) {
    expect(image, name).toMatch(/^[\w./-]+:[\w.-]+$/);
    if (image?.endsWith(':local')) expect(image).toBe('clinic-booking-api:local');
    for (const needed of Object.keys(depends_on)) expect(Object.keys(services)).toContain(needed);
    for (const mount of mounts) {
      const [source = ''] = mount.split(':');
      if (source.startsWith('.')) expect(existsSync(join(root, source)), mount).toBe(true);
      else expect(Object.keys(volumes)).toContain(source);
    }
  }
});

const dockerLines = pages.flatMap((page) =>
  [...readPage(page).matchAll(/\bdocker compose [^`\n]*[^`\s]/g)].map(([line]) => ({ page, line })),
);

test.each(dockerLines)('docker-compose.yml has all that "$line" of $page asks for', ({ line }) => {
  const words = line
    .replace(/\s+#.*$/, '')
    .split(' ')
    .slice(2);
  const profiles: string[] = [];
  while (words[0] === '--profile') profiles.push(...words.splice(0, 2).slice(1));
  const { services } = compose;
  const known = Object.values(services).flatMap((service) => service.profiles ?? []);
  for (const profile of profiles) expect(known).toContain(profile);
  expect(words.shift()).toBe('up');
  for (const name of words.filter((word) => word !== '--build'))
    for (const needed of [name, ...Object.keys(services[name]?.depends_on ?? {})]) {
      expect(Object.keys(services)).toContain(needed);
      const own = services[needed]?.profiles ?? profiles;
      expect(
        own.some((profile) => profiles.includes(profile)),
        needed,
      ).toBe(true);
    }
});

const [MAP = ''] = /^## Map\n.*?(?=^## Everyday)/ms.exec(readPage('README.md')) ?? [];

/** The folders and files of the map's tree, each below the folders that it stands in. */
function pathsOfMap(): string[] {
  const folders: string[] = [];
  return [...MAP.matchAll(/^ {4}( *)(\S+)/gm)].map(([, indent = '', name = '']) => {
    folders.length = indent.length / 2;
    folders.push(name);
    return folders.join('');
  });
}

test('the map of README shows what stands in src and in src/modules, and nothing else', () => {
  const shown = pathsOfMap();
  for (const path of shown) expect(existsSync(join(root, path)), path).toBe(true);
  for (const folder of ['src/', 'src/modules/'])
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
      expect(shown).toContain(`${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`);
});

test('the folders within modules and the rooms of rules that README names exist', () => {
  const within = [...MAP.matchAll(/^ {8}([\w-]+)\/ +((?:[\w-]+\/ ?)+)$/gm)].flatMap(
    ([, module = '', folders = '']) =>
      folders
        .trim()
        .split(' ')
        .map((folder) => `src/modules/${module}/${folder}`),
  );
  const rooms = [...MAP.matchAll(/`((?:src|drizzle|test)\/[/\w.-]*)`/g)].map(([, path = '']) => path);
  expect(within.length).toBeGreaterThan(10);
  expect(rooms.length).toBeGreaterThan(20);
  for (const path of [...within, ...rooms]) expect(existsSync(join(root, path)), path).toBe(true);
});

test('package.json, its lock and the first section of CHANGELOG.md name one version', () => {
  const { version } = manifest;
  const lock = JSON.parse(readPage('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
  expect(/^## .*?(\d+\.\d+\.\d+)/m.exec(readPage('CHANGELOG.md'))?.[1]).toBe(version);
});

test('each file that test:fast leaves out exists, and is left out for one reason', () => {
  // Each name in braces alone: one that matches nothing is a test that has moved.
  const patterns = leftOut
    .flatMap(({ files }) => files)
    .flatMap((pattern) => {
      const [braces, names = ''] = /\{([^}]+)\}/.exec(pattern) ?? [];
      return braces ? names.split(',').map((name) => pattern.replace(braces, name)) : [pattern];
    });
  const files = patterns.flatMap((pattern) => {
    const names = globSync(pattern, { cwd: root }).filter((name) => name.endsWith('.test.ts'));
    expect(names.length, pattern).toBeGreaterThan(0);
    return names;
  });
  expect(new Set(files).size).toBe(files.length);
});
