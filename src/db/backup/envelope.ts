import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * How files of a backup are encrypted: AES-256-GCM in pieces, so that a file of any size passes in little memory and none
 * of it is used before it is proved. A file is the eight bytes of MAGIC, a salt of 16 bytes, then pieces of 64 KiB, each
 * followed by its tag of 16 bytes. The key of each file is derived (HKDF-SHA256) from BACKUP_KEY, its salt and its name. The
 * nonce of a piece is its number as 11 bytes, and 1 for the last piece or 0: nobody can swap, repeat or cut off pieces.
 */

const MAGIC = Buffer.from('CLINIC01');
const SALT = 16;
const PIECE = 65_536;
const TAG = 16;

/** A backup that cannot be made, read or restored; `message` is for the person who runs the command. */
export class BackupError extends Error {}

/** What proves that two keys are the same without saying what they are. */
export const checkOf = (key: string): string =>
  createHmac('sha256', key).update('clinic backup').digest('hex').slice(0, 16);

const keyOf = (key: string, salt: Buffer, name: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, `clinic backup ${name}`, 32));

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Whole pieces of a stream as they come; `isLast` is true for exactly one, which may be shorter, or empty. */
async function* piecesOf(source: AsyncIterable<Buffer>, size: number) {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const part of source) {
    waiting.push(part);
    bytes += part.length;
    // More than one piece, so that there is always a last one left.
    if (bytes <= size) continue;
    let all = Buffer.concat(waiting);
    for (; all.length > size; all = all.subarray(size)) yield { piece: all.subarray(0, size), isLast: false };
    waiting = [all];
    bytes = all.length;
  }
  yield { piece: Buffer.concat(waiting), isLast: true };
}

/** @param name of the file within the backups, by which nobody can put it in another's place */
export async function* encrypt(source: AsyncIterable<Buffer>, key: string, name: string) {
  const salt = randomBytes(SALT);
  const fileKey = keyOf(key, salt, name);
  yield Buffer.concat([MAGIC, salt]);
  let number = 0;
  for await (const { piece, isLast } of piecesOf(source, PIECE)) {
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonceOf(number, isLast));
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}

/** @throws BackupError where the file is not what was encrypted by this key under this name */
export async function* decrypt(source: AsyncIterable<Buffer>, key: string, name: string) {
  const { head, rest } = await takeHead(source, MAGIC.length + SALT);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new BackupError(`${name} is no file of a backup.`);
  const fileKey = keyOf(key, head.subarray(MAGIC.length), name);
  let number = 0;
  for await (const { piece, isLast } of piecesOf(rest, PIECE + TAG)) {
    if (piece.length < TAG) throw new BackupError(`${name} is cut off.`);
    const decipher = createDecipheriv('aes-256-gcm', fileKey, nonceOf(number, isLast));
    decipher.setAuthTag(piece.subarray(-TAG));
    const plain = decipher.update(piece.subarray(0, -TAG));
    try {
      decipher.final();
    } catch {
      throw new BackupError(`${name} is broken, or was made with another BACKUP_KEY.`);
    }
    yield plain;
    number += 1;
  }
}

/** The first bytes of a stream, and the stream of all others. */
async function takeHead(source: AsyncIterable<Buffer>, bytes: number) {
  const parts = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const { value, done } = await parts.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* rest() {
    if (head.length > bytes) yield head.subarray(bytes);
    for (;;) {
      const { value, done } = await parts.next();
      if (done) return;
      yield value;
    }
  }
  return { head: head.subarray(0, bytes), rest: rest() };
}
