import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { AdminError, createAdmin } from '../main/first-admin.ts';
import { exitWith, readFlags, withDatabase } from '../main/process.ts';

/** npm run admin:create -- --username NAME [--password WORD] [--first-name …] [--last-name …]; asks for what is missing. */

const USAGE =
  'Usage: npm run admin:create -- --username NAME [--password PASSWORD] [--first-name F] [--last-name L]';

/** Asks at the terminal; a password is not shown while it is typed, and is taken as it stands, spaces and all. */
async function ask(question: string, hidden = false): Promise<string> {
  if (!process.stdin.isTTY) exitWith(`Nobody is there to ask for the ${question.toLowerCase()}.\n${USAGE}`);
  let silent = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!silent) process.stdout.write(chunk);
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const answer = terminal.question(`${question}: `);
  silent = hidden;
  const text = await answer;
  terminal.close();
  if (hidden) process.stdout.write('\n');
  return hidden ? text : text.trim();
}

const flags = readFlags(
  {
    username: { type: 'string' },
    password: { type: 'string' },
    'first-name': { type: 'string' },
    'last-name': { type: 'string' },
  },
  USAGE,
);

await withDatabase(async (config, database_url) => {
  const username = flags.username ?? config.first_admin?.username ?? (await ask('Username'));
  const password = flags.password ?? config.first_admin?.password ?? (await ask('Password', true));
  await migrateDatabase(database_url, config.clinic_name);
  const db = openDatabase({ url: database_url, pool_max: 2 });
  try {
    await createAdmin(db, config, {
      username,
      password,
      first_name: flags['first-name'],
      last_name: flags['last-name'],
    });
    process.stdout.write(`Admin ${username} can sign in.\n`);
  } catch (error) {
    if (error instanceof AdminError) exitWith(error.message);
    throw error;
  } finally {
    await db.$client.end();
  }
});
