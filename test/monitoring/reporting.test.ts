import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, testApp, testConfig } from '../helpers/app.ts';
import { startServer } from '../helpers/process.ts';
import { request } from '../helpers/races.ts';

/** What a service that speaks Sentry's protocol is sent, seen at a receiver of our own. */

const received: { path: string; auth: string; body: string }[] = [];
const receiver = createServer((incoming, answer) => {
  let body = '';
  incoming.setEncoding('utf8').on('data', (part: string) => {
    body += part;
  });
  incoming.on('end', () => {
    received.push({ path: incoming.url ?? '', auth: String(incoming.headers['x-sentry-auth']), body });
    answer.end('{}');
  });
});
beforeAll(() => new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening)));
afterAll(() => receiver.close());

test('an error of ours is reported once, by its kind and place, and with nobody’s data', async () => {
  const clinic = await testApp();
  const { port } = receiver.address() as AddressInfo;
  const server = await startServer({
    DATABASE_URL: clinic.url,
    JWT_SECRET: testConfig.jwt_secret,
    MIGRATE_ON_START: 'false',
    WORKER: 'off',
    SENTRY_DSN: `http://public@127.0.0.1:${port}/prefix/7`,
  });
  try {
    const patient = await clinic.person('patient', { first_name: 'Oybek', last_name: 'Yoqubov' });
    await clinic.db.$client.query(`
      create function fails() returns trigger language plpgsql as $$
        begin raise exception '% %', new.first_name, old.last_name using errcode = 'XX000'; end $$;
      create trigger fails before update on users for each row execute function fails()`);
    for (let times = 0; times < 3; times += 1) {
      const answer = await request(server.base, 'PATCH', '/auth/me/', {
        token: patient.token,
        body: { first_name: 'Nigora' },
      });
      expect(answer.status).toBe(500);
    }
    // Refusals are not ours.
    expect((await request(server.base, 'GET', '/auth/me/', { token: 'wrong' })).status).toBe(401);
    await expect.poll(() => received.length).toBe(1);
    const [{ path, auth, body } = { path: '', auth: '', body: '' }] = received;
    expect(path).toBe('/prefix/api/7/envelope/');
    expect(auth).toContain('sentry_key=public');
    const event = JSON.parse(body.split('\n')[2] ?? '');
    expect(event).toMatchObject({
      platform: 'node',
      level: 'error',
      transaction: 'PATCH /api/auth/me/',
      tags: { kind: 'request', status: '500', code: 'XX000' },
      exception: { values: [{ value: '' }] },
    });
    expect(event.exception.values[0].stacktrace.frames.length).toBeGreaterThan(0);
    expect(Object.keys(event).sort()).toEqual(
      [
        'environment',
        'event_id',
        'exception',
        'level',
        'platform',
        'release',
        'tags',
        'timestamp',
        'transaction',
      ].sort(),
    );
    const words = [
      'Oybek',
      'Yoqubov',
      'Nigora',
      PASSWORD,
      patient.username,
      patient.token,
      '127.0.0.1',
      'public',
    ];
    expect(words.filter((word) => body.includes(word))).toEqual([]);
  } finally {
    server.child.kill('SIGTERM');
    await server.exited;
    await clinic.close();
  }
});
