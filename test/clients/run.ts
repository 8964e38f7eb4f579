import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from './server.ts';

/**
 * `npm run test:clients`: makes a client with each generator from the document of a server of its own, compiles all of
 * them strictly, and sends each on the same journey; then sends what Postman and Bruno import (imports.ts). It takes
 * minutes, and installs the generators when it first runs.
 */

const here = import.meta.dirname;
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

if (!existsSync(join(here, 'node_modules')))
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
await rm(generated, { recursive: true, force: true });
const server = await startServer();
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
}
await run(process.execPath, ['imports.ts']);
