import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import pg from 'pg';
import type { Pack } from 'tar-stream';
import { BackupError } from './envelope.ts';
import { beginPlace, keep, openPlace, type Place, syncFolder, writeWhole } from './place.ts';
import { numberAt, segmentName, segmentOf } from './wal.ts';

/**
 * A base backup by SQL alone: the server reads its own files to us, so it may be on another machine, belong to another
 * user, and be newer than any client program here. What changes while it is read is put right by the log of that time,
 * which comes with the base (PostgreSQL, "Making a Base Backup Using the Low Level API").
 */

/** Left out, as pg_basebackup does: what a server makes anew, or what belongs to the running one alone. */
const LEFT_OUT =
  /^(?:postmaster\.(?:pid|opts)|recovery\.signal|standby\.signal|backup_label(?:\.old)?|tablespace_map(?:\.old)?|current_logfiles|backup_manifest)$|(?:^|\/)(?:pgsql_tmp[^/]*|pg_internal\.init[^/]*)$|^(?:pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/|^log\//;
/** How much is asked of the server at a time. */
const PART = 4 * 1024 * 1024;
const CONTROL = 'global/pg_control';

export interface Manifest {
  id: string;
  started_at: string;
  /** From here on the base is whole: no earlier moment can be restored from it. */
  finished_at: string;
  server: { version: string; major: number; segment_bytes: number; role: string; database: string };
  system_identifier: string;
  /** The first and the last segment of the log that the base needs; they come with it. */
  first_wal: string;
  last_wal: string;
  data: { bytes: number; sha256: string };
}

interface BaseOptions {
  /** Of a role that may read the server's files: a superuser. */
  url: string;
  dir: string;
  key: string | undefined;
  /** Without it, only a folder that holds backups already is taken. */
  mayBegin: boolean;
  /** What is done once the folder is known to be right, before the database is read. */
  before: (place: Place) => Promise<void>;
  /** What goes along of the settings and of the server's own folder. */
  keys?: string | undefined;
  now: () => Date;
}

/**
 * Makes a base backup, which is there whole or not at all.
 * @throws BackupError in one line for whoever started it
 */
export async function makeBase(options: BaseOptions): Promise<{ place: Place; manifest: Manifest }> {
  const client = await connect(options.url);
  try {
    const server = await examine(client);
    if (!options.mayBegin) openPlace(options.dir, options.key);
    const place = await beginPlace(options.dir, { ...options, system_identifier: server.system_identifier });
    await options.before(place);
    const started = options.now();
    const id = started.toISOString().replace(/[-:]|\.\d+/g, '');
    const folder = join(place.dir, 'base', id);
    await mkdir(folder);
    try {
      const wal = { first: '', last: '' };
      const data = await keep(place, `base/${id}/data.tar`, archive(client, server, `clinic ${id}`, wal));
      if (options.keys) await keep(place, `base/${id}/keys.json`, Readable.from([Buffer.from(options.keys)]));
      const { version, major, segment_bytes, role, database, system_identifier } = server;
      const manifest: Manifest = {
        id,
        started_at: started.toISOString(),
        finished_at: options.now().toISOString(),
        server: { version, major, segment_bytes, role, database },
        system_identifier,
        first_wal: wal.first,
        last_wal: wal.last,
        data,
      };
      // Last: a base without it is none.
      await writeWhole(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncFolder(join(place.dir, 'base'));
      return { place, manifest };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'clinic-backup' });
  client.on('error', () => {});
  await client.connect();
  await client.query(
    'set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0',
  );
  return client;
}

type Server = Manifest['server'] & { system_identifier: string; timeline: number };

async function examine(client: pg.Client): Promise<Server> {
  const { rows } = await client.query(`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int / 10000 as major,
      pg_size_bytes(current_setting('wal_segment_size'))::int as segment_bytes,
      current_user::text as role, current_database()::text as database,
      pg_is_in_recovery() as is_replica,
      (select count(*)::int from pg_tablespace where spcname not in ('pg_default', 'pg_global')) as tablespaces,
      has_function_privilege('pg_read_binary_file(text, bigint, bigint, boolean)', 'execute')
        and has_function_privilege('pg_ls_dir(text, boolean, boolean)', 'execute')
        and has_function_privilege('pg_stat_file(text, boolean)', 'execute')
        and has_function_privilege('pg_backup_start(text, boolean)', 'execute')
        and has_function_privilege('pg_backup_stop(boolean)', 'execute')
        and has_function_privilege('pg_control_system()', 'execute') as may_read`);
  const { is_replica, tablespaces, may_read, ...server } = rows[0];
  if (server.major < 15) throw new BackupError('The server is older than PostgreSQL 15.');
  if (!may_read)
    throw new BackupError(
      `The role ${server.role} may not read the server's files: set BACKUP_DATABASE_URL to a superuser's.`,
    );
  if (is_replica) throw new BackupError('This server is a replica: back up the primary.');
  if (tablespaces > 0)
    throw new BackupError('The server has tablespaces of its own, which are not supported.');
  const { rows: control } = await client.query(
    `select system_identifier::text, timeline_id as timeline from pg_control_system(), pg_control_checkpoint()`,
  );
  return { ...server, ...control[0] };
}

/** The files of the server as a tar archive, in pieces, with the log that makes them whole. */
async function* archive(
  client: pg.Client,
  server: Server,
  label: string,
  wal: { first: string; last: string },
) {
  // Loaded by whoever makes or reads a backup, and nobody else.
  const { pack } = await import('tar-stream');
  const tar = pack();
  const writing = write(tar, client, server, label, wal).then(
    () => tar.finalize(),
    (error) => tar.destroy(error),
  );
  for await (const part of tar) yield part as Buffer;
  await writing;
}

async function write(
  tar: Pack,
  client: pg.Client,
  server: Server,
  label: string,
  wal: { first: string; last: string },
) {
  // Keeps the log of the backup until it is read, however much is written meanwhile. It ends with this connection.
  await client.query(
    `select pg_create_physical_replication_slot('clinic_backup_' || pg_backend_pid(), true, true)`,
  );
  const { rows: start } = await client.query('select pg_backup_start($1, true)::text as lsn', [label]);
  for (const { name, size, isdir } of await listAll(client, '.')) {
    if (isdir) tar.entry({ name, type: 'directory', mode: 0o700 });
    else if (name !== CONTROL) await copy(tar, client, name, size);
  }
  // Last, as in pg_basebackup: it names the newest checkpoint.
  await copy(tar, client, CONTROL, 8_192);
  const { rows: stop } = await client.query('select lsn::text, labelfile from pg_backup_stop(false)');
  const { labelfile, lsn } = stop[0];
  tar.entry({ name: 'backup_label', mode: 0o600 }, labelfile);
  const [, first = ''] = /\(file ([0-9A-F]{24})\)/.exec(labelfile) ?? [];
  const { timeline, number } = segmentOf(first, server.segment_bytes);
  const last = Math.max(number, numberAt(lsn, server.segment_bytes));
  for (let at = Math.min(number, numberAt(start[0].lsn, server.segment_bytes)); at <= last; at += 1)
    await copy(
      tar,
      client,
      `pg_wal/${segmentName(timeline, at, server.segment_bytes)}`,
      server.segment_bytes,
    );
  Object.assign(wal, { first, last: segmentName(timeline, last, server.segment_bytes) });
}

interface Listed {
  name: string;
  size: number;
  isdir: boolean;
}

/** Everything below a folder of the server that belongs to a backup, folders before what is in them. */
async function listAll(client: pg.Client, folder: string): Promise<Listed[]> {
  const { rows } = await client.query<{ file: string; size: string; isdir: boolean }>(
    `select file, size::text, isdir from pg_ls_dir($1, true, false) as file,
       lateral pg_stat_file($1 || '/' || file, true) where isdir is not null order by file`,
    [folder],
  );
  const all: Listed[] = [];
  for (const { file, size, isdir } of rows) {
    const name = folder === '.' ? file : `${folder}/${file}`;
    if (LEFT_OUT.test(name)) continue;
    all.push({ name, size: Number(size), isdir });
    if (isdir) all.push(...(await listAll(client, name)));
  }
  return all;
}

/**
 * One file of the server, as long as it was listed: what it has grown since is in the log, and what it has lost is
 * filled with zeros, which the log cuts off again. A file that is gone by now is left out.
 */
async function copy(tar: Pack, client: pg.Client, name: string, size: number): Promise<void> {
  const read = async (at: number) => {
    const values = [name, at, Math.min(PART, size - at)];
    const text = 'select pg_read_binary_file($1, $2, $3, true) as bytes';
    const { rows } = await client.query(text, values);
    return rows[0].bytes as Buffer | null;
  };
  let bytes = await read(0);
  if (bytes === null) {
    if (name.startsWith('pg_wal/')) throw new BackupError(`The server has removed ${name} already.`);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry({ name, size, mode: 0o600 }, (error) => (error ? reject(error) : resolve()));
    const send = (part: Buffer) =>
      entry.write(part) || new Promise<void>((drained) => entry.once('drain', () => drained()));
    const all = async () => {
      for (let at = 0; at < size; ) {
        const part = bytes && bytes.length > 0 ? bytes : Buffer.alloc(Math.min(PART, size - at));
        await send(part);
        at += part.length;
        if (at < size) bytes = await read(at);
      }
      (entry as unknown as Writable).end();
    };
    all().catch(reject);
  });
}
