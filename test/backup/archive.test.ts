import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { beginPlace, bytesOf } from '../../src/db/backup/place.ts';
import { archiveWal, logFrom, numberAt, segmentName, segmentOf } from '../../src/db/backup/wal.ts';
import { temporaryFolder } from '../helpers/process.ts';
import { KEY } from './site.ts';

const SYSTEM = '7300000000000000001';
const SEGMENT = 16 * 1_024 * 1_024;

/** A segment of the log of a server, by its head: what it says is anything. */
function segmentAt(number: number): Buffer {
  const content = Buffer.alloc(SEGMENT, `segment ${number} `);
  content.writeBigUInt64LE(BigInt(number) * BigInt(SEGMENT), 8);
  content.writeBigUInt64LE(BigInt(SYSTEM), 24);
  content.writeUInt32LE(SEGMENT, 32);
  return content;
}

test('a file of the log that is archived twice at once, or by one who was ended, is whole', async () => {
  const { dir, remove } = temporaryFolder();
  onTestFinished(remove);
  const number = numberAt('0/3000148', SEGMENT);
  const name = segmentName(1, number, SEGMENT);
  const content = segmentAt(number);
  const path = join(dir, name);
  writeFileSync(path, content);
  const backups = join(dir, 'backups');
  const place = await beginPlace(backups, { key: KEY, system_identifier: SYSTEM });
  const archive = () => archiveWal(backups, KEY, path, name);
  const isWhole = async () => (await bytesOf(place, `wal/${name}`)).equals(content);
  // As where the server was started anew while the command of the one before still ran.
  await Promise.all([archive(), archive(), archive()]);
  expect(await isWhole()).toBe(true);
  // Ended between the file and its checksum.
  rmSync(join(backups, `wal/${name}.gz.enc.sha256`));
  await expect(isWhole()).rejects.toThrow('is broken');
  await archive();
  expect(await isWhole()).toBe(true);
});

test('the log of a server that was restored is followed, though it archived nothing as it began its own timeline', async () => {
  const { dir, remove } = temporaryFolder();
  onTestFinished(remove);
  const place = await beginPlace(join(dir, 'backups'), { key: undefined, system_identifier: SYSTEM });
  const nameOf = (number: number) => segmentName(2, number, SEGMENT);
  const log = () => logFrom(place, segmentOf(nameOf(3), SEGMENT), 4, SEGMENT);
  expect(await log()).toEqual({ names: [], timeline: 2, gap: undefined });
  for (const number of [4, 5]) {
    const path = join(dir, nameOf(number));
    writeFileSync(path, segmentAt(number));
    await archiveWal(place.dir, undefined, path, nameOf(number));
  }
  expect(await log()).toEqual({ names: [nameOf(4), nameOf(5)], timeline: 2, gap: undefined });
});
