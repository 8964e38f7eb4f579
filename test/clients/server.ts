import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A clinic of demo data, on a free port. */
export async function startServer(): Promise<{ address: string; stop: () => Promise<void> }> {
  const data_dir = await mkdtemp(join(tmpdir(), 'clinic-clients-'));
  const env = { ...process.env, DATA_DIR: data_dir, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, ['src/main/server.ts'], { cwd: root, env });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const address = await new Promise<string>((done, refuse) => {
    let said = '';
    const listen = (text: Buffer) => {
      said += text;
      const [, url] = /Listening on (http:\/\/\S+)/.exec(said) ?? [];
      if (url) done(url);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('close', () => refuse(new Error(`the server did not start: ${said}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(data_dir, { recursive: true, force: true });
  };
  return { address, stop };
}
