import { spawn } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Runs the OpenAPI linters as one does by hand, each with the ruleset beside this file. */

const here = import.meta.dirname;

/**
 * Lets a program of a package read a document, both as a file and on its standard input.
 * @returns what it wrote, whatever it thinks of the document
 */
async function lint(script: string, document: unknown, args: (file: string) => string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'clinic-openapi-'));
  const file = join(dir, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  // A file, not a pipe: Spectral reads its input at once and gives up (EAGAIN) when a pipe has not filled yet.
  const input = await open(file);
  try {
    const child = spawn(process.execPath, [resolve(here, '../../node_modules', script), ...args(file)], {
      cwd: here,
      stdio: [input.fd, 'pipe', 'pipe'],
      // Neither telemetry nor a look for updates: a test asks no other host.
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    let output = '';
    let complaints = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      complaints += chunk;
    });
    await new Promise((done, fail) => child.on('error', fail).on('close', done));
    if (!output.includes('[')) throw new Error(`${script} did not run: ${output}${complaints}`);
    return output;
  } finally {
    await input.close();
    await rm(dir, { recursive: true });
  }
}

/** @returns every error and warning, as `rule: message at place` */
export async function redocly(document: unknown): Promise<string[]> {
  const output = await lint('@redocly/cli/bin/cli.js', document, (file) => [
    ...['lint', file],
    ...['--config', 'redocly.yaml'],
    ...['--format', 'json'],
  ]);
  const { problems } = JSON.parse(output) as {
    problems: { ruleId: string; message: string; location: { pointer: string }[] }[];
  };
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`);
}

/** @returns every error, warning and hint, as `rule: message at place` */
export async function spectral(document: unknown): Promise<string[]> {
  const output = await lint('@stoplight/spectral-cli/dist/index.js', document, () => [
    ...['lint', '--quiet'],
    ...['--ruleset', 'spectral.yaml'],
    // The ruleset's exceptions name places within a file beside it.
    ...['--stdin-filepath', 'openapi.json'],
    ...['--format', 'json'],
  ]);
  const found = JSON.parse(output) as { code: string; message: string; path: string[] }[];
  return found.map(({ code, message, path }) => `${code}: ${message} at ${path.join(' ')}`);
}
