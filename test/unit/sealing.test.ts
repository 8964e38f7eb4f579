import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  dataKeysOf,
  makeDataKeys,
  newDataKey,
  readDataKeys,
  writeDataKeys,
} from '../../src/core/data-keys.ts';
import { createSealer, keyNameOf, type Sealer } from '../../src/core/sealing.ts';

const folder = mkdtempSync(join(tmpdir(), 'clinic-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const now = new Date('2026-11-29T08:00:00Z');
const clock = { now: () => now };
const at = { table: 'secrets', column: 'secret', id: 'id' };
const SECRET = 'whsec_шифр';
let files = 0;
const freshFile = () => {
  files += 1;
  return join(folder, `keys-${files}.json`);
};
const sealerOf = (file: string, make = true): Sealer => createSealer(dataKeysOf({ file, make }, clock));

describe('a sealed text', () => {
  const sealer = sealerOf(freshFile());
  const sealed = sealer.seal(at, 7, SECRET);

  test('is opened at its own place only', () => {
    expect(sealer.open(at, 7, sealed)).toBe(SECRET);
    expect(sealer.open(at, '7', sealed)).toBe(SECRET);
    for (const [place, row] of [
      [at, 8],
      [{ ...at, table: 'others' }, 7],
      [{ ...at, column: 'previous_secret' }, 7],
    ] as const)
      expect(() => sealer.open(place, row, sealed)).toThrow();
  });

  test('tells neither the text nor that two texts are the same', () => {
    expect(sealed).not.toContain('whsec');
    expect(sealer.seal(at, 7, SECRET)).not.toBe(sealed);
  });

  test('that was changed anywhere, or cut, is not opened', () => {
    const name = keyNameOf(sealed);
    const bytes = Buffer.from(sealed.slice(name.length + 1), 'base64url');
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[place] ?? 0) ^ 1, place);
      expect(() => sealer.open(at, 7, `${name}.${changed.toString('base64url')}`)).toThrow();
    }
    for (const cut of [0, 4, 12, 20, bytes.length - 1])
      expect(() => sealer.open(at, 7, `${name}.${bytes.subarray(0, cut).toString('base64url')}`)).toThrow();
  });

  test('of a key that is not here is refused with data_keys_missing', () => {
    expect(() => sealerOf(freshFile()).open(at, 7, sealed)).toThrow('data_keys_missing');
    const without = createSealer(dataKeysOf({ file: undefined, make: false }, clock));
    expect(() => without.open(at, 7, sealed)).toThrow('data_keys_missing');
    expect(() => without.seal(at, 7, SECRET)).toThrow('data_keys_missing');
    expect(() => sealerOf(freshFile(), false).seal(at, 7, SECRET)).toThrow('data_keys_missing');
  });
});

describe('a file of keys', () => {
  test('is made once, for its owner alone, with a key of 256 bits named by the day', () => {
    const file = freshFile();
    expect(makeDataKeys(file, now)).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(makeDataKeys(file, now)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [key] = readDataKeys(file);
    expect(key?.name).toMatch(/^2026-11-29-[0-9a-f]{8}$/);
    expect(key?.key).toHaveLength(32);
  });

  test('that gets a new key in front is read again by a process that runs, and opens what was there', () => {
    const file = freshFile();
    const old = sealerOf(file);
    const before = old.seal(at, 1, SECRET);
    const fresh = newDataKey(now);
    writeDataKeys(file, [fresh, ...readDataKeys(file)]);
    const other = sealerOf(file).seal(at, 2, SECRET);
    expect(keyNameOf(other)).toBe(fresh.name);
    expect(old.open(at, 2, other)).toBe(SECRET);
    expect(keyNameOf(old.seal(at, 3, SECRET))).toBe(fresh.name);
    expect(old.open(at, 1, before)).toBe(SECRET);
  });

  test('that goes away or breaks leaves a process that runs with the keys it had', () => {
    const file = freshFile();
    const sealer = sealerOf(file);
    const sealed = sealer.seal(at, 1, SECRET);
    writeFileSync(file, '{');
    expect(sealer.open(at, 1, sealer.seal(at, 1, SECRET))).toBe(SECRET);
    rmSync(file);
    expect(createSealer(dataKeysOf({ file, make: false }, clock)).seal).toThrow('data_keys_missing');
    expect(sealer.open(at, 1, sealed)).toBe(SECRET);
  });

  const oct = (kid: string, bytes = 32) => ({
    kty: 'oct',
    kid,
    k: Buffer.alloc(bytes, 1).toString('base64url'),
  });
  test.each([
    ['no JSON', 'KEY=abc'],
    ['no keys', '{"keys":[]}'],
    ['a key of 128 bits', JSON.stringify({ keys: [oct('a', 16)] })],
    ['two keys of one name', JSON.stringify({ keys: [oct('a'), oct('a')] })],
    ['a name with a dot', JSON.stringify({ keys: [oct('a.b')] })],
    ['a key of another kind', JSON.stringify({ keys: [{ ...oct('a'), kty: 'EC' }] })],
  ])('with %s is refused in a line without its text', (_name, text) => {
    const file = freshFile();
    writeFileSync(file, text);
    expect(() => readDataKeys(file)).toThrow(/^DATA_KEYS [^\n]*$/);
    expect(() => readDataKeys(file)).not.toThrow('AQEB');
  });
});
