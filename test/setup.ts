import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openEmbedded } from '../src/db/embedded/embedded.ts';
import { migrateDatabase } from '../src/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the migrated template; every test file clones it. */
    template_url: string;
  }
}

const MEMORY = '/dev/shm';
/** Bytes: what a run keeps there at once, and as much again for whatever else runs. */
const ROOM = 8 * 1024 ** 3;

/** Whether the temporary folders of a run fit into memory. */
function fitsIntoMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, process.availableMemory()) > ROOM;
  } catch {
    // No such folder: another system than Linux.
    return false;
  }
}

/** One real PostgreSQL for the whole run, with one migrated database that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // A database is 770 files, and to make them takes a disk half a second of a core, memory a hundredth of one.
  const dir = mkdtempSync(join(fitsIntoMemory() ? MEMORY : tmpdir(), 'clinic-test-'));
  // Where this runs as root, PostgreSQL runs as another user, who has to get in.
  chmodSync(dir, 0o755);
  // What the tests, and the programs that they start, leave in their temporary folder goes with the run.
  process.env.TMPDIR = dir;
  const server = await openEmbedded({
    dir: join(dir, 'postgres'),
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=400'],
  });
  const template = new URL(server.url);
  template.pathname = '/template_clinic';
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('create database template_clinic');
  await client.end();
  await migrateDatabase(template.href);
  project.provide('template_url', template.href);
  return async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
