import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

const get = (path: string) => supertest(clinic.app.server).get(path);

const pages = [
  ['/api/docs', 'Clinic appointment booking · Swagger UI'],
  ['/api/redoc', 'Clinic appointment booking · Reference'],
] as const;

test.each(pages)('%s is there with and without its slash, and asks this server only', async (path, title) => {
  for (const address of [path, `${path}/`]) {
    const page = await get(address).expect(200).expect('content-type', 'text/html; charset=utf-8');
    expect(page.text).toContain(`<title>${title}</title>`);
    const asked = [...page.text.matchAll(/(?:src|href|spec-url)="([^"]*)"/g)].map(([, url = '']) => url);
    const files = asked.filter((url) => !url.startsWith('data:'));
    expect(files.length).toBeGreaterThan(1);
    for (const url of files) {
      const { origin, pathname } = new URL(url, `http://here.test${address}`);
      expect(origin).toBe('http://here.test');
      await get(pathname).expect(200);
    }
  }
});

test('/api/schema/ is the document that both show, with and without its slash', async () => {
  const { body } = await get('/api/schema/')
    .expect(200)
    .expect('content-type', /^application\/json/);
  expect(body.openapi).toBe('3.1.0');
  expect((await get('/api/schema').expect(200)).body).toEqual(body);
  expect((await get('/api/docs/json').expect(200)).body).toEqual(body);
});

test('what a browser has already is not sent again; what it has not comes gzipped', async () => {
  const { headers, text } = await get('/api/schema/').set('accept-encoding', 'gzip').expect(200);
  expect(headers).toMatchObject({
    'content-encoding': 'gzip',
    vary: 'accept-encoding',
    'cache-control': 'no-cache',
  });
  const plain = await get('/api/schema/').set('accept-encoding', 'gzip;q=0').expect(200);
  expect(plain.headers).not.toHaveProperty('content-encoding');
  expect(plain.text).toBe(text);
  expect(plain.headers.etag).toBe(headers.etag);
  const again = await get('/api/schema/').set('if-none-match', String(headers.etag)).expect(304);
  expect(again.text).toBe('');
  await get('/api/schema/').set('if-none-match', 'W/"another"').expect(200);
});
