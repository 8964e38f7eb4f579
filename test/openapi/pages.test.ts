import supertest from 'supertest';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

/** By one name: each request here goes to a port of its own, and the document names where it was asked. */
const get = (path: string) => supertest(clinic.app.server).get(path).set('host', 'here.test');

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
  // Swagger UI asks wherever its page was opened, whatever the server takes for its own address.
  const { servers, ...same } = (await get('/api/docs/json').expect(200)).body;
  expect({ ...same, servers: body.servers }).toEqual(body);
  expect(servers).toMatchObject([{ url: '/' }]);
});

test('the document says where the server is: where it was asked, or where it is told to be', async () => {
  for (const host of ['clinic.example:3106', 'localhost:3000', 'clinic.example:3106'])
    expect((await get('/api/schema/').set('host', host).expect(200)).body.servers).toMatchObject([
      { url: `http://${host}` },
    ]);
  await get('/api/schema/').set('host', 'two words').expect(400);
  const told = await testApp({ config: { site_url: 'https://clinic.example/booking' } });
  onTestFinished(() => told.close());
  const { body } = await told.as(undefined).get('/schema/').expect(200);
  expect(body.servers).toMatchObject([{ url: 'https://clinic.example/booking' }]);
});

const asPerson = (path: string) =>
  get(path).set('accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');

test('whoever opens the address that is printed finds the way, and programs are told that nothing is there', async () => {
  for (const path of ['/', '/api', '/api/']) {
    const page = await asPerson(path).expect(200).expect('content-type', 'text/html; charset=utf-8');
    for (const [, url = ''] of page.text.matchAll(/<a href="([^"]*)"/g)) await get(url).expect(200);
    expect(page.text.match(/<a href="/g)?.length).toBe(14);
    // There is no demo clinic here.
    expect(page.text).not.toContain('demo.');
    const refused = await get(path).set('accept', '*/*').expect(404);
    expect(refused.body.code).toBe('route_not_found');
  }
  expect((await asPerson('/docs').expect(302)).headers.location).toBe('/api/docs/');
  await get('/docs').expect(404);
  await get('/favicon.ico').expect(200).expect('content-type', 'image/svg+xml');
});

test('where there is a demo clinic, the page names its accounts', async () => {
  const demo = await testApp({ config: { demo_data: true } });
  onTestFinished(() => demo.close());
  const page = await supertest(demo.app.server).get('/').set('accept', 'text/html').expect(200);
  for (const said of ['demo.admin', 'demo.receptionist', 'demo.doctor', 'demo.patient', 'clinic-demo-2026'])
    expect(page.text).toContain(said);
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
