import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from './errors.ts';

/** A key of 256 bits, with the name that stands beside what it has encrypted. */
export interface DataKey {
  name: string;
  key: Buffer;
}

/** A column of encrypted texts; `id` is the column that names a row, which never changes. */
export interface SealedColumn {
  table: string;
  column: string;
  id: string;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a text is bound to: moved to another row or column, it opens no more. */
const placeOf = ({ table, column }: SealedColumn, row: number | string, name: string) =>
  Buffer.from(`${name}:${table}.${column}:${row}`);

/** The name of the key that a sealed text needs. */
export const keyNameOf = (sealed: string): string => sealed.slice(0, sealed.indexOf('.'));

/** Encrypts with AES-256-GCM (NIST SP 800-38D). @returns `name.base64url(nonce, text, tag)` */
export function sealWith(
  { name, key }: DataKey,
  at: SealedColumn,
  row: number | string,
  text: string,
): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(placeOf(at, row, name));
  const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `${name}.${Buffer.concat(parts).toString('base64url')}`;
}

/** @throws Error where the text was changed, or belongs to another row */
export function openWith(
  { name, key }: DataKey,
  at: SealedColumn,
  row: number | string,
  sealed: string,
): string {
  const bytes = Buffer.from(sealed.slice(name.length + 1), 'base64url');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(placeOf(at, row, name)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString(
    'utf8',
  );
}

/** Whoever runs the clinic has to act, which takes a while. */
export const keysMissing = (cause?: unknown): AppError =>
  new AppError('data_keys_missing', { retryAfter: 60, cause });

export type Sealer = ReturnType<typeof createSealer>;

/**
 * Keeps secrets that must be read again, so that the database alone does not tell them.
 * @param keys the present keys, the newest first; `name` is one that was not among them the last time
 */
export function createSealer(keys: (name?: string) => readonly DataKey[]) {
  return {
    /** @throws AppError data_keys_missing where no key is set up */
    seal(at: SealedColumn, row: number | string, text: string): string {
      const [newest] = keys();
      if (!newest) throw keysMissing();
      return sealWith(newest, at, row, text);
    },

    /** @throws AppError data_keys_missing where the text's key is not here; Error for a text of another row */
    open(at: SealedColumn, row: number | string, sealed: string): string {
      const name = keyNameOf(sealed);
      const key = keys(name).find((one) => one.name === name);
      if (!key) throw keysMissing();
      return openWith(key, at, row, sealed);
    },
  };
}
