import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { locales } from '../core/words.ts';
import { type PageName, pageNames, pageTexts } from '../i18n/pages/index.ts';

/** The pages' files as they stand in `static/`, and the texts of each language as a module. */

const FOLDER = join(import.meta.dirname, 'static');

/** The module of a page's texts. */
export const textsOf = (page: PageName, locale: string) => `texts/${page}.${locale}.js`;

/** Every file by its path, such as `shared/dom.js`. */
export function readFiles(folder = FOLDER): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8'));
  }
  for (const page of pageNames)
    for (const locale of locales)
      files.set(textsOf(page, locale), `export default ${JSON.stringify(pageTexts(page, locale))};\n`);
  return files;
}

/** Changes with any of the files, so that what an address holds never changes. */
export function versionOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [path, text] of [...files].sort()) hash.update(`${path}\0${text}\0`);
  return hash.digest('base64url').slice(0, 12);
}

const IMPORT = /^(?:import|export)\b[^'"]*?from '(\.[^']+)'/gm;

const LATER = /\bimport\('(\.[^']+)'\)/g;

/**
 * A module and all that it imports, so that a browser need not find them out one after another.
 * @param all also what it imports later
 */
export function modulesOf(entry: string, files: ReadonlyMap<string, string>, all = false): string[] {
  const found = new Set<string>();
  const add = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const text = files.get(path);
    if (text === undefined) throw new Error(`${path} is imported and is not there`);
    for (const pattern of all ? [IMPORT, LATER] : [IMPORT])
      for (const [, target = ''] of text.matchAll(pattern)) add(posix.join(posix.dirname(path), target));
  };
  add(entry);
  return [...found];
}
