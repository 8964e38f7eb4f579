import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { KeyFileError } from './data-keys.ts';
import { placeFile, replaceFile } from './files.ts';

/** How long others keep the set of public keys (`Cache-Control` of /.well-known/jwks.json), in seconds. */
export const KEYS_CACHED = 600;
/** A new key is published for so long before it signs, in seconds: whoever keeps the set has fetched it anew by then. */
export const PUBLISHED_BEFORE = KEYS_CACHED + 300;
/** For so long after the last token of a key has expired it still verifies, for clocks that differ. */
const MARGIN = 60_000;
/** So often, at most, the file is looked at again. */
const LOOK_EVERY = 1_000;

const jwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string().regex(/^[\w-]{1,100}$/),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
  /** From when on it signs: it is published before that. */
  signs_from: z.iso.datetime(),
});
type Jwk = z.infer<typeof jwk>;

/** A public key as others read it (RFC 7517). */
type PublicJwk = Pick<Jwk, 'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use'>;

interface SigningKey {
  kid: string;
  /** Epoch milliseconds. */
  signs_from: number;
  private_pem: string;
  public_pem: string;
  published: PublicJwk;
}

const keySet = z.object({ keys: z.array(jwk).min(1) });

/** @throws KeyFileError */
export function readSigningKeys(file: string): Jwk[] {
  let keys: Jwk[];
  try {
    keys = keySet.parse(JSON.parse(readFileSync(file, 'utf8'))).keys;
    for (const key of keys) loaded(key);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new KeyFileError(
      `JWT_PRIVATE_KEYS cannot be used${code}: it must name a file that npm run keys:rotate -- --new has made.`,
    );
  }
  return keys;
}

/** A key of the curve P-256, named by its thumbprint (RFC 7638). @param signs_from epoch milliseconds */
export function newSigningKey(signs_from: number): Jwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  const thumbprint = JSON.stringify({ crv: 'P-256', kty: 'EC', x, y });
  const kid = createHash('sha256').update(thumbprint).digest('base64url');
  const from = new Date(signs_from).toISOString();
  return { kty: 'EC', crv: 'P-256', x, y, d, kid, alg: 'ES256', use: 'sig', signs_from: from };
}

const written = (keys: readonly Jwk[]) => `${JSON.stringify({ keys }, null, 2)}\n`;

export const writeSigningKeys = (file: string, keys: readonly Jwk[]): void =>
  replaceFile(file, written(keys));

/** @returns false when the file is there */
export function makeSigningKeys(file: string, signs_from: number): boolean {
  if (existsSync(file)) return false;
  mkdirSync(dirname(file), { recursive: true });
  return placeFile(file, written([newSigningKey(signs_from)]));
}

/** The latest key whose time has come; the first of all where none's has. */
export function signerOf<Key extends { signs_from: number | string }>(
  keys: readonly Key[],
  now: number,
): Key | undefined {
  const ordered = inOrder(keys);
  return ordered.findLast((key) => msOf(key) <= now) ?? ordered[0];
}

/**
 * The keys that verify, the newest first: each until the last token that it signed has expired.
 * @param life of a token, in milliseconds
 */
export function servingOf<Key extends { signs_from: number | string }>(
  keys: readonly Key[],
  now: number,
  life: number,
): Key[] {
  const ordered = inOrder(keys);
  return ordered
    .filter((_key, place) => {
      const next = ordered[place + 1];
      return next === undefined || msOf(next) + life + MARGIN > now;
    })
    .reverse();
}

const msOf = ({ signs_from }: { signs_from: number | string }) =>
  typeof signs_from === 'number' ? signs_from : Date.parse(signs_from);
const inOrder = <Key extends { signs_from: number | string }>(keys: readonly Key[]) =>
  keys.toSorted((one, other) => msOf(one) - msOf(other));

function loaded({ signs_from, ...key }: Jwk): SigningKey {
  const { d, ...published } = key;
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return {
    kid: key.kid,
    signs_from: Date.parse(signs_from),
    private_pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    public_pem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    published,
  };
}

export type SigningKeys = ReturnType<typeof openSigningKeys>;

/**
 * The keys of a file, which is read again by itself when it has changed: a rotation needs no restart. While it is away or
 * broken, the keys that were read serve on.
 * @param life of a token, in milliseconds
 * @throws KeyFileError where it cannot be read at the start
 */
export function openSigningKeys(file: string, life: number, now: () => number) {
  let keys: SigningKey[] = readSigningKeys(file).map(loaded);
  let seen = versionOf(file);
  let looked_at = now();
  let reads = 0;

  function present(): SigningKey[] {
    if (now() - looked_at < LOOK_EVERY) return keys;
    looked_at = now();
    const version = versionOf(file);
    if (version === undefined || version === seen) return keys;
    try {
      keys = readSigningKeys(file).map(loaded);
      seen = version;
      reads += 1;
    } catch {
      // It may be half copied: it is looked at again.
    }
    return keys;
  }

  return {
    signer: (): SigningKey => signerOf(present(), now()) as SigningKey,
    serving: (): SigningKey[] => servingOf(present(), now(), life),
    /** Changes with the keys: what was checked by those before is checked again. */
    version: (): number => {
      present();
      return reads;
    },
  };
}

function versionOf(file: string): string | undefined {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
}
