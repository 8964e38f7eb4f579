import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { startCollector } from '../helpers/otlp.ts';
import { startServer } from '../helpers/process.ts';
import { statementsOf } from '../helpers/statements.ts';

/** A feed's address lets in whoever has it: it stands nowhere but with its owner. */

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

const feedOf = async (person: Parameters<TestApp['as']>[0]) =>
  (await clinic.as(person).post('/calendar/feeds/', { purpose: 'visits' }).expect(201)).body as {
    id: number;
    url: string;
    webcal_url: string;
  };
const fileOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

test('the token is in no log, trace, metric, report of an error or answer, whatever becomes of the reading', async () => {
  const collector = await startCollector();
  const reports: string[] = [];
  const monitor = createServer(async (request, response) => {
    reports.push((await request.toArray()).join(''));
    response.end('{}');
  });
  await new Promise<void>((listening) => monitor.listen(0, '127.0.0.1', listening));
  const server = await startServer({
    DATABASE_URL: clinic.url,
    JWT_SECRET: testConfig.jwt_secret,
    MIGRATE_ON_START: 'false',
    WORKER: 'off',
    LOG_LEVEL: 'trace',
    METRICS_TOKEN: 'a-token-of-monitors-only',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    SENTRY_DSN: `http://public@127.0.0.1:${(monitor.address() as AddressInfo).port}/7`,
  });
  onTestFinished(async () => {
    server.child.kill('SIGKILL');
    monitor.close();
    await collector.close();
  });
  const patient = await clinic.person('patient');
  const { url } = await feedOf(patient);
  const file = fileOf(url);
  const token = file.replace('.ics', '');
  const texts: string[] = [];
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${server.base}${path}`, { method });
    texts.push(await answer.text(), JSON.stringify([...answer.headers]));
    return answer.status;
  };
  expect(await ask(`/api/calendar/${file}`)).toBe(200);
  expect(await ask(`/api/calendar/${file}?token=${token}`)).toBe(200);
  expect(await ask(`/api/calendar/${token}`)).toBe(404);
  expect(await ask(`/api/calendar/${token}.ics/`)).toBe(200);
  expect(await ask(`/api/calendar/${file}`, 'DELETE')).toBe(405);
  expect(await ask(`/api/calendar/${file}/visits/`)).toBe(404);
  // The database fails at it: an error of ours, which is logged, traced and reported.
  await clinic.db.$client.query(`
    create function fails() returns trigger language plpgsql as $$
      begin raise exception 'at %', new.id using errcode = 'XX000'; end $$;
    create trigger fails before update on calendar_feeds for each row execute function fails()`);
  const { url: fresh } = await feedOf(patient);
  expect(await ask(`/api/calendar/${fileOf(fresh)}`)).toBe(500);
  await expect.poll(() => reports.length).toBe(1);
  await clinic.db.$client.query('drop trigger fails on calendar_feeds');
  const metrics = await fetch(`${server.base}/metrics`, {
    headers: { authorization: 'Bearer a-token-of-monitors-only' },
  });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const told = collector.received.map(({ bytes, headers }) => bytes.toString('latin1') + headers);
  const all = [...texts, ...reports, ...told, server.output(), await metrics.text()];
  expect(server.output()).toMatch(/calendar/);
  expect(told.join()).toContain('/api/calendar/:file');
  expect(reports.join()).toContain('/api/calendar/:file');
  for (const secret of [token, fileOf(fresh).replace('.ics', '')])
    expect(all.filter((text) => text.includes(secret))).toEqual([]);
});

test('an address that is wrong, replaced, or of somebody who is gone asks as much of the database as any other that is none', async () => {
  const people = await Promise.all([1, 2, 3].map(() => clinic.person('patient')));
  const [rotated, ended, out] = await Promise.all(people.map(feedOf));
  await clinic.as(people[0]).post(`/calendar/feeds/${rotated?.id}/rotate/`).expect(200);
  await clinic.as(people[1]).delete(`/calendar/feeds/${ended?.id}/`).expect(204);
  await clinic.db.$client.query('update users set is_active = false where id = $1', [people[2]?.id]);
  const wrong = `x${fileOf(out?.url ?? '').slice(1)}`;
  const asked = [];
  for (const file of [wrong, 'short.ics', ...[rotated, ended, out].map((feed) => fileOf(feed?.url ?? ''))])
    asked.push(await statementsOf(() => clinic.as(undefined).get(`/calendar/${file}`).expect(404)));
  expect(asked[0]?.length).toBeGreaterThan(0);
  for (const statements of asked) expect(statements).toEqual(asked[0]);
});
