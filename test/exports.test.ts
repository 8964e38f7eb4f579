import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const filesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

const DECLARED = /^export (?:async )?(?:function\*?|const|let|class|interface|type|abstract class) (\w+)/gm;
const LIST = /^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?/gm;
const IMPORTED = /import (?:type )?(?:\w+, )?\{([^}]*)\} from '(\.[^']+)'/g;
const NAMESPACE = /import (?:type )?\* as (\w+) from '(\.[^']+)'/g;
const WHOLE = /import\(\s*'(\.[^']+)'\s*\)|export \* from '(\.[^']+)'/g;

/** The names in the braces of an import or an export: as they are called there, and as they are called outside. */
const namesIn = (list: string) =>
  list
    .split(',')
    .map((part) => part.trim().replace(/^type /, ''))
    .filter(Boolean)
    .map((part) => part.split(' as ') as [string, string?]);

/** What each file exports, as `path name`. */
function exportsOf(file: string): string[] {
  const text = textOf(file);
  const listed = [...text.matchAll(LIST)].flatMap(([, list = '']) =>
    namesIn(list).map(([name, as]) => as ?? name),
  );
  return [...[...text.matchAll(DECLARED)].map(([, name = '']) => name), ...listed].map(
    (name) => `${file} ${name}`,
  );
}

/** What a file imports or passes on, as `path name`; a name of `*` stands for all. */
function usesOf(file: string): string[] {
  const text = textOf(file);
  const path = (target: string) => relative(root, join(root, dirname(file), target)).replaceAll('\\', '/');
  const some = [...text.matchAll(IMPORTED), ...text.matchAll(LIST)].flatMap(([, list = '', target]) =>
    target === undefined ? [] : namesIn(list).map(([name]) => `${path(target)} ${name}`),
  );
  const ofNamespaces = [...text.matchAll(NAMESPACE)].flatMap(([, name = '', target = '']) => {
    const used = [...text.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))].map(([, one]) => one);
    // Handed on as it is, or read by a name that is not written out.
    const isWhole = new RegExp(`(?<!as )\\b${name}\\b(?!\\.|: )`).test(text);
    return [...used, ...(isWhole ? ['*'] : [])].map((one) => `${path(target)} ${one}`);
  });
  const whole = [...text.matchAll(WHOLE)].map(([, one, two]) => `${path(one ?? two ?? '')} *`);
  return [...some, ...ofNamespaces, ...whole];
}

test('every export is imported by somebody', () => {
  const used = new Set(['src', 'test', 'bench', 'deploy'].flatMap(filesOf).flatMap(usesOf));
  const dead = filesOf('src')
    .flatMap(exportsOf)
    .filter((one) => !used.has(one) && !used.has(`${one.split(' ', 1)[0]} *`));
  expect(dead).toEqual([]);
});
