import {
  makeSigningKeys,
  newSigningKey,
  PUBLISHED_BEFORE,
  readSigningKeys,
  servingOf,
  signerOf,
  writeSigningKeys,
} from '../core/signing-keys.ts';
import { exitWith, explain, readConfig, readFlags } from '../main/process.ts';

/** npm run keys:rotate [-- --new | --after SECONDS | --now] */

const USAGE = `Usage: npm run keys:rotate                     adds a key that signs in ${PUBLISHED_BEFORE / 60} minutes, and takes out those that are over
       npm run keys:rotate -- --new            makes the file of JWT_PRIVATE_KEYS
       npm run keys:rotate -- --after SECONDS  adds a key that signs after so many seconds
       npm run keys:rotate -- --now            puts one new key in the place of all: for keys that were stolen`;

const print = (line: string) => process.stdout.write(`${line}\n`);
const flags = readFlags(
  { new: { type: 'boolean' }, after: { type: 'string' }, now: { type: 'boolean' } },
  USAGE,
);
if (Object.keys(flags).length > 1) exitWith(USAGE);
if (flags.after !== undefined && !/^\d{1,6}$/.test(flags.after)) exitWith(USAGE);
const { jwt_private_keys, access_token_minutes } = readConfig();
const file = jwt_private_keys ?? exitWith('Set JWT_PRIVATE_KEYS to the file of keys.');
const now = Date.now();

try {
  if (flags.new) make();
  else if (flags.now) replace();
  else add(Number(flags.after ?? PUBLISHED_BEFORE));
} catch (error) {
  exitWith(explain(error));
}

function make(): void {
  if (!makeSigningKeys(file, now)) exitWith(`${file} is there already; nothing was changed.`);
  print(`${file} is made. Give every process the same, and start them anew.`);
}

function replace(): void {
  writeSigningKeys(file, [newSigningKey(now)]);
  print(
    'One new key signs. Access tokens of the old ones are refused at once here; who keeps the old set of keys',
  );
  print('refuses them once it has fetched the new one.');
}

function add(seconds: number): void {
  const keys = readSigningKeys(file);
  const waiting = keys.find(({ signs_from }) => Date.parse(signs_from) > now);
  if (waiting && keys.length > 1)
    exitWith(
      `${waiting.kid} signs from ${waiting.signs_from} on: a rotation is under way. Nothing was changed.`,
    );
  const serving = servingOf(keys, now, access_token_minutes * 60_000);
  const next = newSigningKey(now + seconds * 1_000);
  writeSigningKeys(file, [next, ...serving]);
  print(`${next.kid} is published now and signs from ${next.signs_from} on.`);
  print(`Until then ${signerOf(keys, now)?.kid} signs; it verifies until its last token has expired.`);
  if (keys.length > serving.length) print(`${keys.length - serving.length} taken out.`);
}
