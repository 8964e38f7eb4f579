import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { placeFile, replaceFile } from './files.ts';
import { type DataKey, keysMissing } from './sealing.ts';

/** Where the keys are, and whether they are made when they are first needed: outside production, in DATA_DIR. */
interface DataKeysFile {
  file: string | undefined;
  make: boolean;
}

/** A file of keys that cannot be used; `message` is for the person who runs the server, and holds no key. */
export class KeyFileError extends Error {}

const KEY_BYTES = 32;

/** A set of symmetric keys in JSON (RFC 7517, 5; RFC 7518, 6.4), the newest first. */
const keySet = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().regex(/^[\w-]{1,64}$/),
        alg: z.literal('A256GCM').optional(),
        k: z.string().refine((text) => Buffer.from(text, 'base64url').length === KEY_BYTES),
      }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length),
});

/** @throws KeyFileError */
export function readDataKeys(file: string): DataKey[] {
  let parsed: z.ZodSafeParseResult<z.infer<typeof keySet>>;
  try {
    parsed = keySet.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new KeyFileError(`DATA_KEYS cannot be read${code}: it must name a file of keys in JSON.`);
  }
  if (!parsed.success)
    throw new KeyFileError(
      'DATA_KEYS holds no set of keys of 256 bits, each with a name of its own; npm run data-keys:rotate -- --new makes one.',
    );
  return parsed.data.keys.map(({ kid, k }) => ({ name: kid, key: Buffer.from(k, 'base64url') }));
}

const written = (keys: readonly DataKey[]) =>
  `${JSON.stringify(
    {
      keys: keys.map(({ name, key }) => ({
        kty: 'oct',
        kid: name,
        alg: 'A256GCM',
        k: key.toString('base64url'),
      })),
    },
    null,
    2,
  )}\n`;

/** @param now by whose day the key is named */
export const newDataKey = (now: Date): DataKey => ({
  name: `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`,
  key: randomBytes(KEY_BYTES),
});

/** Writes the keys anew; a reader sees the old file or the new one. */
export const writeDataKeys = (file: string, keys: readonly DataKey[]): void =>
  replaceFile(file, written(keys));

/** Makes the file, unless it is there. @returns false when it was */
export function makeDataKeys(file: string, now: Date): boolean {
  mkdirSync(dirname(file), { recursive: true });
  return placeFile(file, written([newDataKey(now)]));
}

/**
 * The keys of a file. It is read again when it has changed before something is encrypted, and when a text names a key
 * that was not there: a rotation needs no restart. While the file is away or broken, the keys that were read serve on.
 */
export function dataKeysOf(
  { file, make }: DataKeysFile,
  clock: Pick<Clock, 'now'>,
): (name?: string) => readonly DataKey[] {
  let keys: readonly DataKey[] = [];
  let seen = '';
  return (name) => {
    if (file === undefined || keys.some((key) => key.name === name)) return keys;
    try {
      if (make && !existsSync(file)) makeDataKeys(file, clock.now());
      const { mtimeMs, size, ino } = statSync(file);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version !== seen) keys = readDataKeys(file);
      seen = version;
    } catch (error) {
      if (keys.length === 0) throw keysMissing(error);
    }
    return keys;
  };
}
