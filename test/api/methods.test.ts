import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
/** The same with a web page that may call it, whose preflights are answered by another hand. */
let open: TestApp;
beforeAll(async () => {
  clinic = await testApp();
  open = await testApp({ config: { cors_origins: ['https://clinic.uz'] } });
});
afterAll(async () => {
  await clinic.close();
  await open.close();
});

async function ask(
  method: string,
  url: string,
  { headers = {}, payload = undefined as string | undefined, of = clinic } = {},
) {
  const answer = await of.app.inject({ method: method as 'GET', url, headers, ...(payload && { payload }) });
  const body = answer.body === '' ? undefined : answer.json();
  return { status: answer.statusCode, headers: answer.headers, body };
}

/** Every documented path with the methods that it knows. */
function paths(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const route of clinic.app.documentedRoutes.keys()) {
    const [method = '', path = ''] = route.split(' ');
    found.set(path, [...(found.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])]);
  }
  return found;
}
const addressOf = (path: string) => path.replaceAll(/\{\w+\}/g, '7');
const named = (allow: unknown) => String(allow).split(', ').sort();

test('a method that a path does not know is 405 with those that it knows, before anybody is asked to sign in', async () => {
  for (const [path, known] of paths())
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
      if (known.includes(method)) continue;
      for (const url of [
        addressOf(path),
        addressOf(path).replace(/\/$/, ''),
        `${addressOf(path)}?nonsense=1`,
      ]) {
        // The router tries a path with a parameter where the one without has no such method.
        const byId = path.replace(/(me|search|export|bulk|join|day|start|sign-in)\/$/, '{id}/');
        if (byId !== path && paths().get(byId)?.includes(method)) continue;
        const answer = await ask(method, url);
        expectProblem(answer, 'method_not_allowed');
        expect(named(answer.headers.allow), `${method} ${url}`).toEqual([...known, 'OPTIONS'].sort());
      }
    }
});

test('neither a body nor its type is looked at', async () => {
  const xml = { headers: { 'content-type': 'text/xml' }, payload: '<a/>' };
  expectProblem(await ask('PUT', '/api/users/', xml), 'method_not_allowed');
  const broken = { headers: { 'content-type': 'application/json' }, payload: '{' };
  expectProblem(await ask('PUT', '/api/users/', broken), 'method_not_allowed');
  expectProblem(await ask('POST', '/api/nowhere/', xml), 'route_not_found');
});

test('HEAD says the length of what GET sends, or none', async () => {
  const { token } = await clinic.person('admin');
  const headers = { authorization: `Bearer ${token}` };
  const lengthOf = async (url: string, more = {}) => {
    const { statusCode, headers: said } = await clinic.app.inject({
      method: 'HEAD',
      url,
      headers: { ...headers, ...more },
    });
    return [statusCode, said['content-length']];
  };
  for (const url of ['/api/auth/me/', '/api/users/', '/llms.txt', '/api/nowhere/']) {
    const { statusCode, headers: said } = await clinic.app.inject({ url, headers });
    expect(await lengthOf(url), url).toEqual([statusCode, said['content-length']]);
  }
  expect(await lengthOf('/api/appointments/export/')).toEqual([200, undefined]);
  for (const url of ['/llms.txt', '/book/', '/api/schema/'])
    expect(await lengthOf(url, { 'if-none-match': '*' }), url).toEqual([304, undefined]);
});

describe('OPTIONS', () => {
  test('is answered without a token, with what a path knows', async () => {
    for (const of of [clinic, open])
      for (const [path, known] of paths()) {
        const answer = await ask('OPTIONS', addressOf(path), { of });
        expect(answer.status).toBe(204);
        expect(named(answer.headers.allow)).toEqual([...known, 'OPTIONS'].sort());
      }
  });

  test('of documentation and of pages behind links too', async () => {
    for (const url of ['/api/schema/', '/api/docs/', '/api/docs/static/index.css', '/api/redoc/'])
      expect(named((await ask('OPTIONS', url)).headers.allow)).toEqual(['GET', 'HEAD', 'OPTIONS']);
    expect(named((await ask('PUT', '/api/visits/abc/')).headers.allow)).toContain('POST');
  });

  test('of a path that is none is 404', async () => {
    expectProblem(await ask('OPTIONS', '/api/nowhere/'), 'route_not_found');
    expect((await ask('OPTIONS', '/api/nowhere/')).headers.allow).toBeUndefined();
  });

  test('a preflight is still told who may ask', async () => {
    const headers = { origin: 'https://clinic.uz', 'access-control-request-method': 'PATCH' };
    const answer = await ask('OPTIONS', '/api/auth/me/', { headers, of: open });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://clinic.uz',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    });
    // Whatever a request may carry by its declaration, and the version that an assistant's client says.
    const document = (await ask('GET', '/api/schema/')).body;
    const taken = new Set(
      JSON.stringify(document)
        .match(/"name":"[A-Za-z-]+","in":"header"/g)
        ?.map((text) => text.slice(8, text.indexOf('","in"')).toLowerCase()),
    );
    expect(taken.size).toBeGreaterThan(3);
    const allowed = String(answer.headers['access-control-allow-headers']).split(/, ?/);
    // These are headers of what the clinic sends.
    for (const name of taken) if (name.startsWith('webhook-')) taken.delete(name);
    for (const name of [...taken, 'authorization', 'mcp-protocol-version']) expect(allowed).toContain(name);
  });
});
