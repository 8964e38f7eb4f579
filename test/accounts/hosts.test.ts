import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { accountsApp } from '../helpers/accounts.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { sendRaw } from '../helpers/raw.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ allowed_hosts: ['clinic.uz', '.clinic.example', '127.0.0.1', '[::1]'] });
});
afterAll(() => clinic.close());

const ask = (host: string) => clinic.as(undefined).get('/schema/').set('host', host);

describe('the hosts that are allowed', () => {
  test.each([
    'clinic.uz',
    'clinic.uz:8080',
    'CLINIC.uz',
    'clinic.uz.',
    'api.clinic.example',
    'a.b.clinic.example:443',
    '127.0.0.1:3000',
    '[::1]:3000',
  ])('%s is answered', async (host) => {
    await ask(host).expect(200);
  });

  test.each([
    'evil.example',
    'evil.example:80',
    'clinic.uz.evil.example',
    'evilclinic.uz',
    'clinic.example',
    'api.clinic.uz',
    '[::2]',
  ])('%s is refused', async (host) => {
    expectProblem(await ask(host), 'host_not_allowed');
  });

  test('hold for what a trusted proxy forwards, for every route, and before anything else', async () => {
    await ask('internal:3000').set('x-forwarded-host', 'clinic.uz').expect(200);
    expectProblem(await ask('clinic.uz').set('x-forwarded-host', 'evil.example'), 'host_not_allowed');
    for (const path of ['/auth/me/', '/nowhere/', '/docs/'])
      expectProblem(await clinic.as(undefined).get(path).set('host', 'evil.example'), 'host_not_allowed');
  });

  test('are not asked for by monitors', async () => {
    for (const url of ['/health/live', '/health/ready'])
      expect((await clinic.app.inject({ url, headers: { host: 'evil.example' } })).statusCode).toBe(200);
  });

  test('are all, unless some are named', async () => {
    const any = await testApp();
    try {
      await any.as(undefined).get('/schema/').set('host', 'whatever.example').expect(200);
    } finally {
      await any.close();
    }
  });
});

describe('what is no host', () => {
  const none = [
    'clinic.uz:80@evil.example',
    'clinic.uz:@evil.example',
    'evil.example/.clinic.example',
    'evil.example?.clinic.example',
    'evil.example#.clinic.example',
    'evil.example\\.clinic.example',
    'clinic.uz:80?',
    'clinic.uz:',
    'clinic.uz:x',
    'clinic.uz:65536',
    '.clinic.uz',
    'clinic..uz',
    'clinic.uz..',
    'clinic.uz;evil.example',
    'clinic uz',
    'клиника.uz',
    '[::1',
    '[::1]x',
    '[clinic.uz]',
    '[::g]',
    '::1',
    // Whose last part is a number is an address of four numbers, wherever a URL is read.
    '1.2.3.4.5',
    '256.1.1.1',
    'clinic.1',
  ];

  test.each(none)('%s is refused, wherever it comes from, whether hosts are named or not', async (host) => {
    const bytes = Buffer.from(host).toString('latin1');
    for (const names of [[], ['clinic.uz', '.clinic.example']])
      await withHosts(names, async (any) => {
        const ask = (lines: string[]) => sendRaw(any.app, raw('/api/schema/', lines));
        expectProblem(await ask([`Host: ${bytes}`]), 'malformed_request');
        expectProblem(await ask(['Host: clinic.uz', `X-Forwarded-Host: ${bytes}`]), 'malformed_request');
      });
  });

  test('nor are two of them, or none', async () => {
    const ask = (lines: string[], version?: string) =>
      sendRaw(clinic.app, raw('/api/schema/', lines, version));
    expectProblem(await ask(['Host: clinic.uz', 'Host: clinic.uz']), 'malformed_request');
    expectProblem(await ask(['Host: clinic.uz', 'hOST: evil.example']), 'malformed_request');
    expectProblem(await ask([], '1.0'), 'malformed_request');
  });

  test('monitors may leave it out, as HTTP/1.0 lets them, but not name two', async () => {
    const ask = (lines: string[]) => sendRaw(clinic.app, raw('/health/live', lines, '1.0'));
    expect((await ask([])).status).toBe(200);
    expectProblem(await ask(['Host: clinic.uz', 'Host: clinic.uz']), 'malformed_request');
  });

  test('a scheme is http or https', async () => {
    const ask = (scheme: string) =>
      clinic.as(undefined).get('/schema/').set({ host: 'clinic.uz', 'x-forwarded-proto': scheme });
    for (const scheme of ['https', 'HTTP', 'javascript, https']) await ask(scheme).expect(200);
    for (const scheme of ['javascript', 'https:', 'ftp', 'https,', 'https://evil.example/?'])
      expectProblem(await ask(scheme), 'malformed_request');
  });
});

describe('an absolute address', () => {
  const ask = (target: string, host = 'clinic.uz') => sendRaw(clinic.app, raw(target, [`Host: ${host}`]));

  test('is judged by its own host', async () => {
    expect((await ask('http://clinic.uz/health/live', 'internal')).status).toBe(200);
    expectProblem(await ask('http://clinic.uz/api/auth/me/'), 'authentication_required');
    expectProblem(await ask('http://clinic.uz/api/auth/me/', 'evil.example'), 'authentication_required');
    expectProblem(await ask('HTTPS://CLINIC.uz:443/api/auth/me/'), 'authentication_required');
    for (const target of ['http://evil.example/api/auth/me/', 'http://evil.example?', 'http://evil.example'])
      expectProblem(await ask(target), 'host_not_allowed');
  });

  test('is an address', async () => {
    for (const target of [
      'http:///api/auth/me/',
      'http://clinic.uz@evil.example/api/auth/me/',
      'http://clinic.uz:80@evil.example/api/auth/me/',
      'http://evil.example#.clinic.example/api/auth/me/',
      'ftp://clinic.uz/api/auth/me/',
      '/api/auth/me/#/',
    ]) {
      const answer = await ask(target);
      // Node's parser knows some of them itself.
      expectProblem(answer, 'malformed_request', { unread: answer.headers.vary === undefined });
    }
  });

  test('is answered as its path is, and named by its path', async () => {
    const answer = await ask('http://clinic.uz/api/auth/me/?a=b');
    expectProblem(answer, 'authentication_required');
    expect(answer.body.instance).toBe('/api/auth/me/');
    // As a reference it would lead to another host.
    const doubled = await ask('//evil.example/api/');
    expectProblem(doubled, 'route_not_found');
    expect(doubled.body.instance).toBe('/evil.example/api/');
  });
});

describe('links in answers', () => {
  const LISTS = [
    ['admin', '/users/'],
    ['admin', '/appointments/'],
    ['admin', '/audit/'],
    // Of pages that are remembered.
    ['patient', '/doctors/'],
    ['patient', '/doctors/{doctor}/timeslots/'],
  ] as const;
  let any: TestApp;
  let people: Record<'admin' | 'patient', Person>;
  let doctor: number;
  beforeAll(async () => {
    any = await testApp({ config: { trust_proxy: ['127.0.0.1'] } });
    people = { admin: await any.person('admin'), patient: await any.person('patient') };
    const publisher = await any.person('doctor');
    doctor = publisher.id;
    await any.person('doctor');
    for (const start of [8, 9, 10, 11])
      await any.slot(publisher, {
        start_time: `${start}:00`.padStart(5, '0'),
        end_time: `${start}:30`.padStart(5, '0'),
      });
    const [first, second] = (await any.as(people.patient).get(`/doctors/${doctor}/timeslots/`).expect(200))
      .body.results;
    for (const { id } of [first, second]) await any.book(people.patient, id);
    await any.as(people.admin).get(`/users/${doctor}/`).expect(200);
    await any.as(people.admin).get(`/users/${doctor}/`).expect(200);
  });
  afterAll(() => any.close());

  const nextOf = async (who: keyof typeof people, path: string, lines: string[], on = any, target = '') => {
    const at = `/api${path.replace('{doctor}', String(doctor))}?page_size=1`;
    const answer = await sendRaw(
      on.app,
      raw(`${target}${at}`, [...lines, `Authorization: Bearer ${people[who].token}`]),
    );
    expect(answer.status).toBe(200);
    return { next: answer.body.next as string, path: `${at}&page=2` };
  };

  test.each(LISTS)('of %s for %s lead where the request was sent to', async (who, list) => {
    const sent = async (lines: string[], site: string, target?: string) => {
      const { next, path } = await nextOf(who, list, lines, any, target);
      expect(next).toBe(`${site}${path}`);
    };
    await sent(['Host: Clinic.UZ.:8080'], 'http://clinic.uz:8080');
    await sent(['Host: clinic.uz:80'], 'http://clinic.uz');
    await sent(['Host: [::1]:3000'], 'http://[::1]:3000');
    await sent(
      ['Host: internal:3000', 'X-Forwarded-Host: clinic.uz', 'X-Forwarded-Proto: https'],
      'https://clinic.uz',
    );
    await sent(['Host: internal'], 'http://clinic.example', 'http://clinic.example');
  });

  test.each(LISTS)('of %s for %s lead to PUBLIC_URL where that is set', async (who, list) => {
    const { db, clock, url } = any;
    const app = await buildApp({
      db,
      clock,
      config: { ...testConfig, database_url: url, site_url: 'https://clinic.uz/booking' },
    });
    await app.ready();
    try {
      const { next, path } = await nextOf(who, list, ['Host: evil.example'], { ...any, app });
      expect(next).toBe(`https://clinic.uz/booking${path}`);
    } finally {
      await app.close();
    }
  });
});

/** A request as it stands, after which the server hangs up. */
const raw = (target: string, lines: string[], version = '1.1') =>
  Buffer.from(
    [`GET ${target} HTTP/${version}`, ...lines, 'Connection: close', '', ''].join('\r\n'),
    'latin1',
  );

const apps = new Map<string, TestApp>();
afterAll(async () => {
  for (const app of apps.values()) await app.close();
});
async function withHosts(allowed_hosts: string[], work: (any: TestApp) => Promise<void>): Promise<void> {
  const key = allowed_hosts.join();
  const known = apps.get(key) ?? (await testApp({ config: { allowed_hosts, trust_proxy: ['127.0.0.1'] } }));
  apps.set(key, known);
  await work(known);
}
