import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedDatabaseError, reachable, serverUser } from './files.ts';
import { fileLock } from './lock.ts';
import {
  answers,
  type Extras,
  freePort,
  newPassword,
  type Place,
  type RunningServer,
  START_LIMIT,
  startServer,
  type Ticket,
  urlOf,
} from './server.ts';

export { EmbeddedDatabaseError, freePort };

/**
 * A real PostgreSQL of the project's own, for development and tests: the binaries come from npm, the data stays in a
 * folder. Nothing here runs when DATABASE_URL is set.
 */
export interface Embedded {
  /** Connects to the database named `clinic`. */
  url: string;
  /** Stops the server cleanly if this process has it. */
  stop(): Promise<void>;
}

interface EmbeddedOptions {
  /** Where data and connection details are kept; made if absent. */
  dir: string;
  /** Further settings of the server, as `name=value`; tests switch durability off. */
  settings?: readonly string[];
  /** What it gets besides, if anything. Asked only in the process that starts the server: to find it out may take a while. */
  prepare?: () => Extras | undefined;
}

/** How often a process that has joined looks whether the one that has the server is gone. */
const LOOK_EVERY = 500;

/**
 * Starts the embedded server, or joins the one that another process has running on the same folder. Of any number of
 * processes one has the server, by a lock that ends with it; when it goes, one of the others starts the server again at
 * the same port, and the rest find it there.
 *
 * @throws EmbeddedDatabaseError with one line that says what to do
 */
export async function openEmbedded({ dir, settings = [], prepare }: EmbeddedOptions): Promise<Embedded> {
  const user = serverUser();
  const base = reachable(resolve(dir), user);
  const place: Place = { base, data: join(base, 'postgres'), user, settings, prepare };
  const lock = fileLock(join(base, 'owner.lock'));
  const deadline = performance.now() + START_LIMIT;
  for (;;) {
    if (lock.take()) {
      try {
        const { ticket, server } = await own(place);
        return { url: urlOf(ticket), stop: () => server.stop().finally(lock.release) };
      } catch (error) {
        lock.release();
        throw error;
      }
    }
    const ticket = readTicket(base);
    if (ticket && (await answers(ticket))) return follow(place, lock, ticket);
    // Whoever has it is only starting, or stopping.
    if (performance.now() > deadline)
      throw new EmbeddedDatabaseError(
        `The embedded database in ${base} is stuck; end ${ticket ? `process ${ticket.owner}` : 'its process'} and start again.`,
      );
    await sleep(100);
  }
}

/** Starts the server; the lock is ours. Where it had a port before, others may still look for it there. */
async function own(place: Place): Promise<{ ticket: Ticket; server: RunningServer }> {
  const before = readTicket(place.base);
  const ticket: Ticket = {
    port: await freePort(before?.port),
    password: before?.password ?? newPassword(),
    owner: process.pid,
  };
  const server = await startServer(place, ticket, () =>
    writeFileSync(join(place.base, 'connection.json'), JSON.stringify(ticket), { mode: 0o600 }),
  );
  return { ticket, server };
}

/** Uses the server of another process, and is ready to have it when that one is gone. */
function follow(place: Place, lock: ReturnType<typeof fileLock>, { port, password }: Ticket): Embedded {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let taking: Promise<RunningServer | undefined> = Promise.resolve(undefined);

  async function takeOver(): Promise<RunningServer | undefined> {
    try {
      if (!lock.take()) return undefined;
      return (await own(place)).server;
    } catch {
      // Another may have more luck, or this one later.
      lock.release();
      return undefined;
    }
  }
  function look(): void {
    timer = setTimeout(async () => {
      taking = takeOver();
      const server = await taking;
      if (!server && !stopped) look();
    }, LOOK_EVERY).unref();
  }
  look();

  return {
    url: urlOf({ port, password }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const server = await taking;
      await server?.stop();
      lock.release();
    },
  };
}

function readTicket(base: string): Ticket | undefined {
  try {
    return JSON.parse(readFileSync(join(base, 'connection.json'), 'utf8')) as Ticket;
  } catch {
    return undefined;
  }
}
