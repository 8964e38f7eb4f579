import { createClock } from '../core/clock.ts';
import { makeDataKeys, newDataKey, readDataKeys, writeDataKeys } from '../core/data-keys.ts';
import type { DataKey } from '../core/sealing.ts';
import { openDatabase } from '../db/client.ts';
import { oneAtATime } from '../db/migrate.ts';
import { keysInUse, reseal } from '../db/reseal.ts';
import { exitWith, readConfig, readFlags, withDatabase } from '../main/process.ts';
import { sealed } from '../modules.ts';

/** npm run data-keys:rotate [-- --new | --reseal | --drop] */

const USAGE = `Usage: npm run data-keys:rotate               puts a new key first and encrypts everything with it
       npm run data-keys:rotate -- --new      makes the file of DATA_KEYS
       npm run data-keys:rotate -- --reseal   encrypts everything with the first key of the file, and changes no key
       npm run data-keys:rotate -- --drop     does so, then takes the keys out that nothing needs`;

const print = (line: string) => process.stdout.write(`${line}\n`);
const flags = readFlags(
  { new: { type: 'boolean' }, reseal: { type: 'boolean' }, drop: { type: 'boolean' } },
  USAGE,
);
if (Object.keys(flags).length > 1) exitWith(USAGE);

if (flags.new) {
  const { data_keys, timezone } = readConfig();
  const file = data_keys.file ?? exitWith('Set DATA_KEYS to the file that is to be made.');
  if (!makeDataKeys(file, createClock(timezone).now()))
    exitWith(`${file} is there already; nothing was changed.`);
  print(`${file} is made. Copy it to where every process finds it, and back it up apart from the database.`);
} else
  await withDatabase(async (config, database_url) => {
    const file = config.data_keys.file ?? exitWith('Set DATA_KEYS to the file of keys.');
    const now = createClock(config.timezone).now();
    if (config.data_keys.make) makeDataKeys(file, now);
    const db = openDatabase({ url: database_url, pool_max: 2 });
    try {
      await oneAtATime(database_url, async () => {
        let keys = readDataKeys(file);
        if (!flags.reseal && !flags.drop) {
          keys = [newDataKey(now), ...keys];
          writeDataKeys(file, keys);
          print(`${keys[0]?.name} is the newest key.`);
        }
        const { resealed, unreadable } = await reseal(db, sealed, keys);
        print(`${resealed} encrypted anew.`);
        if (unreadable > 0)
          print(`${unreadable} cannot be read: restore the keys by which they were encrypted.`);
        if (flags.drop) drop(file, keys, await keysInUse(db, sealed));
        else if (keys.length > 1)
          print('Once every process has this file: npm run data-keys:rotate -- --drop');
      });
    } finally {
      await db.$client.end();
    }
  });

function drop(file: string, keys: readonly DataKey[], used: ReadonlySet<string>): void {
  const kept = keys.filter(({ name }, place) => place === 0 || used.has(name));
  writeDataKeys(file, kept);
  print(`${keys.length - kept.length} dropped, ${kept.length} kept.`);
}
