import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { demo } from '../../src/core/demo.ts';
import { startServer } from './server.ts';

/**
 * What Postman and Bruno make of the document is sent as it was imported, ids, dates and bodies as they stand, with the token
 * of each role to a fresh demo clinic of its own. Prism stands between as a proxy, and says where a request or an answer is
 * not what the document says.
 */

interface Imported {
  method: string;
  /** With its query. */
  path: string;
  headers: [name: string, value: string][];
  body: string | undefined;
}

/** So many of each hundred requests are to be right. */
const LEAST = 85;
const ROLES = ['patient', 'doctor', 'receptionist', 'admin'] as const;
/**
 * Left out by name: what deletes, what needs a code, a password or a token that nobody can know before, and what never ends.
 */
const LEFT_OUT =
  /^DELETE |\/auth\/(?!me\/|sessions\/|identities\/)|\/(?:join|token|claim|verify|telegram|two-step|password|stream|mcp)\/|\/calendar\/\{|\/dependants\/[^/]+\/invitations\//;

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: collections of other programs, without types
type Json = any;

const within = (item: Json, children: string): Json[] =>
  item[children] ? item[children].flatMap((child: Json) => within(child, children)) : [item];

const queryOf = (pairs: [string, string][]) => {
  const query = new URLSearchParams(pairs).toString();
  return query && `?${query}`;
};

/** Postman, with its import setting "Parameter generation: Example". */
async function byPostman(document: string): Promise<Imported[]> {
  const { convertV2 } = require('openapi-to-postmanv2');
  const collection = await new Promise<Json>((done, refuse) =>
    convertV2(
      { type: 'string', data: document },
      { parametersResolution: 'Example' },
      (error: Error, made: Json) =>
        made?.result ? done(made.output[0].data) : refuse(error ?? new Error(made?.reason)),
    ),
  );
  const enabled = (list: Json[]) => list.filter(({ disabled }) => !disabled);
  return within(collection, 'item').map(({ request: { method, url, header, body } }) => {
    const variables = new Map(url.variable.map(({ key, value }: Json) => [`:${key}`, value]));
    const path = url.path.map((part: string) => variables.get(part) ?? part).join('/');
    return {
      method,
      path: `/${path}${queryOf(enabled(url.query).map(({ key, value }) => [key, value]))}`,
      headers: enabled(header).map(({ key, value }) => [key, value]),
      body: body?.raw || undefined,
    };
  });
}

async function byBruno(document: string): Promise<Imported[]> {
  const { openApiToBruno } = require('@usebruno/converters');
  const collection = openApiToBruno(JSON.parse(document));
  return within({ items: collection.items }, 'items').map(
    ({ request: { method, url, headers, params, body } }) => {
      const enabled = params.filter(({ enabled }: Json) => enabled);
      const path = enabled
        .filter(({ type }: Json) => type === 'path')
        .reduce(
          (text: string, { name, value }: Json) => text.replace(`:${name}`, value),
          url.replace('{{baseUrl}}', ''),
        );
      const query = enabled
        .filter(({ type }: Json) => type === 'query')
        .map(({ name, value }: Json) => [name, value]);
      return {
        method,
        path: `${path}${queryOf(query)}`,
        headers: [
          ...(body.mode === 'json' ? [['content-type', 'application/json']] : []),
          ...headers.filter(({ enabled }: Json) => enabled).map(({ name, value }: Json) => [name, value]),
        ] as [string, string][],
        body: body.json ?? undefined,
      };
    },
  );
}

/** Prism before a server. @returns where it listens */
async function startProxy(document: string, upstream: string) {
  const file = join(import.meta.dirname, 'generated/proxied.json');
  await writeFile(file, document);
  const port = String(20_000 + (process.pid % 20_000));
  const child = spawn(process.execPath, [
    ...[join(import.meta.dirname, 'node_modules/.bin/prism'), 'proxy', file, upstream],
    ...['--port', port, '--validate-request', 'false'],
  ]);
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  await new Promise<void>((done, refuse) => {
    child.stdout.on('data', (text: Buffer) => text.includes('Prism is listening') && done());
    void ended.then(() => refuse(new Error('Prism did not start')));
  });
  child.stdout.resume();
  child.stderr.resume();
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { address: `http://127.0.0.1:${port}`, stop };
}

/** Every object of an answer with the fields that the document names, and no others. */
function closed(document: Json): string {
  const close = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    if (node.type === 'object' && node.properties && node.additionalProperties === undefined && !node.allOf)
      node.additionalProperties = false;
    for (const child of Object.values(node)) close(child);
  };
  close(document.components.schemas);
  close(document.components.responses);
  close(document.paths);
  return JSON.stringify(document);
}

const importers = { Postman: byPostman, Bruno: byBruno };
const wrong: string[] = [];
for (const [name, read] of Object.entries(importers))
  for (const role of ROLES) {
    const server = await startServer();
    const document = await (await fetch(`${server.address}/api/schema/?role=${role}`)).text();
    const login = await fetch(`${server.address}/api/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: demo[role].username, password: demo.password }),
    });
    const { access } = (await login.json()) as { access: string };
    const proxy = await startProxy(closed(JSON.parse(document)), server.address);
    try {
      const sent = (await read(document)).filter(({ method, path }) => !LEFT_OUT.test(`${method} ${path}`));
      const refused: string[] = [];
      for (const { method, path, headers, body } of sent) {
        const answer = await fetch(`${proxy.address}${path}`, {
          method,
          headers: [...headers, ['authorization', `Bearer ${access}`]],
          body: body ?? null,
        });
        const text = await answer.text();
        if (answer.status >= 400)
          refused.push(`${answer.status} ${/"code":"(\w+)"/.exec(text)?.[1]} ${method} ${path}`);
        const violations = JSON.parse(answer.headers.get('sl-violations') ?? '[]') as Json[];
        for (const { location, message } of violations.filter((one) => one.location?.[0] === 'response'))
          wrong.push(`Prism: ${method} ${path}: ${location.join('.')} ${message}`);
      }
      const share = Math.floor((100 * (sent.length - refused.length)) / sent.length);
      process.stdout.write(
        `${name}, ${role}: ${share} of 100 of ${sent.length} requests are right as imported\n`,
      );
      for (const one of refused) process.stdout.write(`  ${one}\n`);
      if (share < LEAST) wrong.push(`${name}, ${role}: ${share} of 100`);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  }
await rm(join(import.meta.dirname, 'generated/proxied.json'), { force: true });
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`);
  process.exitCode = 1;
}
