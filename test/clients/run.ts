import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * `npm run test:clients`: makes a client with each generator from the document of a server of its own, compiles all of
 * them strictly, and sends each on the same journey. It takes minutes, and installs the generators when it first runs.
 */

const here = import.meta.dirname;
const root = resolve(here, '../..');
const generated = join(here, 'generated');
const DOCUMENT = './generated/openapi.json';

const generators: [program: string, ...args: string[]][] = [
  ['openapi-typescript', DOCUMENT, '-o', 'generated/openapi-typescript.d.ts'],
  ['openapi-ts', '-i', DOCUMENT, '-o', 'generated/hey-api', '-c', '@hey-api/client-fetch'],
  ['oazapfts', DOCUMENT, 'generated/oazapfts.ts'],
  ['swagger-typescript-api', 'generate', '-p', DOCUMENT, '-o', 'generated/sta', '-n', 'client.ts'],
  ['orval', '--config', 'orval.config.cjs'],
  ['kubb', 'generate', '--config', 'kubb.config.js'],
];
const journeys = ['openapi-fetch', 'hey-api', 'oazapfts', 'swagger-typescript-api', 'orval', 'kubb'];

/** Runs a program to its end. @throws Error when it fails */
async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(command, args, { cwd: here, env: { ...process.env, ...env }, stdio: 'inherit' });
  const code = await new Promise((done, refuse) => child.on('error', refuse).on('close', done));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}
/** A program of the packages beside this file. */
const program = (name: string) => join(here, 'node_modules/.bin', name);

/** A clinic of demo data, on a free port. */
async function startServer(data_dir: string): Promise<{ address: string; stop: () => Promise<void> }> {
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
  };
  return { address, stop };
}

if (!existsSync(join(here, 'node_modules')))
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
await rm(generated, { recursive: true, force: true });
const data_dir = await mkdtemp(join(tmpdir(), 'clinic-clients-'));
const server = await startServer(data_dir);
try {
  const answer = await fetch(`${server.address}/api/schema/`);
  await run('mkdir', ['-p', generated]);
  await writeFile(join(generated, 'openapi.json'), await answer.text());
  for (const [name, ...args] of generators) await run(program(name), args);
  await run(program('tsc'), ['-p', 'tsconfig.json']);
  for (const name of journeys) {
    const bundle = `generated/${name}.journey.mjs`;
    const options = ['--bundle', '--platform=node', '--format=esm', '--log-level=warning'];
    await run(program('esbuild'), [`journeys/${name}.ts`, ...options, `--outfile=${bundle}`]);
    await run(process.execPath, [bundle], { CLINIC: server.address });
  }
} finally {
  await server.stop();
  await rm(data_dir, { recursive: true, force: true });
}
