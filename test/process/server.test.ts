import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase } from '../helpers/database.ts';
import { type RunningServer, startProcess, startServer, temporaryFolder } from '../helpers/process.ts';
import { read } from '../streams/reader.ts';

const PASSWORD = 'a-long-quiet-river';

const json = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const login = (base: string, username: string, password = PASSWORD) =>
  fetch(`${base}/api/auth/login/`, json({ username, password }));

async function page(url: string, headers: Record<string, string>) {
  const answer = await fetch(url, { headers });
  return (await answer.json()) as { count: number; results: { id: number }[] };
}

function killedAtTheEnd<Process extends { child: { kill: (signal: 'SIGKILL') => boolean } }>(
  started: Process,
): Process {
  onTestFinished(() => void started.child.kill('SIGKILL'));
  return started;
}

describe('settings', () => {
  test('what is wrong with a setting is said in one line', async () => {
    const secret = 'please-change-me-please-change-me-please';
    const started = startProcess(['src/main/server.ts'], { NODE_ENV: 'production', JWT_SECRET: secret });
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain('JWT_SECRET is a sample');
    expect(started.output().trim().split('\n')).toHaveLength(1);
    expect(started.output()).not.toContain(secret);
  });

  test('an older Node is told how to start', async () => {
    const old = startProcess(
      [
        '--import',
        'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})',
        'src/main/server.ts',
      ],
      {},
    );
    expect(await old.exited).toBe(1);
    expect(old.output()).toContain('start it with npm, which brings its own');
  });
});

test('a port in use is said in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const started = startProcess(['src/main/server.ts'], {
    PORT: String(port),
    DATABASE_URL: await createDatabase(),
    DEMO_DATA: 'false',
    LOG_LEVEL: 'silent',
  });
  expect(await started.exited).toBe(1);
  expect(started.output().trim()).toMatch(/^Port \d+ is in use: .*set PORT/);
});

test('a database that is away at start: one line, 503, and it comes back by itself', async () => {
  const url = new URL(await createDatabase({ empty: true }));
  // Nobody listens there yet: a relay to the real server is opened later.
  const relay = createServer();
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const address = relay.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  relay.close();
  await once(relay, 'close');

  const target = { host: url.hostname, port: Number(url.port) };
  url.port = String(port);
  const server = killedAtTheEnd(
    await startServer({ DATABASE_URL: url.href, ADMIN_USERNAME: 'boss', ADMIN_PASSWORD: PASSWORD }),
  );
  expect(server.output()).toMatch(/The database cannot be reached \(ECONNREFUSED\): check DATABASE_URL/);
  const refused = await login(server.base, 'boss');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(await refused.json()).toMatchObject({ code: 'database_unavailable' });
  expect((await fetch(`${server.base}/health/ready`)).status).toBe(503);
  expect((await fetch(`${server.base}/health/live`)).status).toBe(200);

  const open = createServer((socket) => {
    const upstream = connect(target);
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  }).listen(port, '127.0.0.1');
  onTestFinished(() => void open.close());
  await server.printed(/The database is there\./);
  expect((await login(server.base, 'boss')).status).toBe(200);
});

describe('a server on its own embedded database', () => {
  const folder = temporaryFolder();
  const env = { DATA_DIR: folder.dir, DEMO_DATA: 'true' };
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer(env);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.exited;
    folder.remove();
  });

  test('prints demo accounts of every role that can sign in', async () => {
    await server.printed(/patient\s+demo\.patient/);
    const [, password = ''] = await server.printed(/with the password (\S+):/);
    for (const role of ['admin', 'receptionist', 'doctor', 'patient']) {
      const answer = await login(server.base, `demo.${role}`, password);
      expect(answer.status).toBe(200);
      const { access, user } = (await answer.json()) as { access: string; user: { role: string } };
      expect(user.role).toBe(role);
      if (role !== 'patient') continue;
      const headers = { authorization: `Bearer ${access}` };
      const doctors = await page(`${server.base}/api/doctors/`, headers);
      expect(doctors.count).toBeGreaterThanOrEqual(12);
      const [doctor] = doctors.results;
      const slots = await page(`${server.base}/api/doctors/${doctor?.id}/timeslots/`, headers);
      expect(slots.count).toBeGreaterThan(50);
    }
  });

  test('an admin is made while it runs, by flags or by environment, with the rules of every account', async () => {
    const create = (args: string[], more = {}) =>
      startProcess(['src/cli/admin-create.ts', ...args], { ...env, BCRYPT_COST: '4', ...more });
    const made = create(['--username', 'boss', '--password', PASSWORD]);
    expect(await made.exited, made.output()).toBe(0);
    expect((await login(server.base, 'Boss')).status).toBe(200);

    const byEnvironment = create(['--username', 'boss2'], {
      ADMIN_USERNAME: 'boss2',
      ADMIN_PASSWORD: PASSWORD,
    });
    expect(await byEnvironment.exited, byEnvironment.output()).toBe(0);

    const refusals: [string[], RegExp][] = [
      [['--username', 'BOSS', '--password', PASSWORD], /already has this user name/],
      [['--username', 'third', '--password', 'short'], /password: Must be 10 to 72 bytes/],
      [['--username', 'third'], /Nobody is there to ask/],
      [['--user', 'x'], /Usage:/],
    ];
    for (const [args, said] of refusals) {
      const refused = create(args);
      expect(await refused.exited).toBe(1);
      expect(refused.output()).toMatch(said);
    }
  });

  test('migrating again changes nothing', async () => {
    const migrated = startProcess(['src/cli/migrate.ts'], env);
    expect(await migrated.exited, migrated.output()).toBe(0);
    expect(migrated.output()).toContain('up to date');
  });

  test('a restart keeps data and sign-ins, finishes what is under way, and ends streams in good order', async () => {
    const answer = await login(server.base, 'boss');
    const { access } = (await answer.json()) as { access: string };
    const stream = await read(server.base, access);
    await expect.poll(() => stream.heard.length).toBe(1);
    // bcrypt keeps this one busy while the signal arrives.
    const underWay = fetch(`${server.base}/api/users/`, {
      ...json({ username: 'late.arrival', password: PASSWORD, role: 'patient' }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${access}` },
    });
    await fetch(`${server.base}/health/live`);
    server.child.kill('SIGTERM');
    server.child.kill('SIGTERM');
    expect((await underWay).status).toBe(201);
    expect(await server.exited).toBe(0);
    await expect.poll(() => stream.ended()).toBe('ended');

    server = await startServer(env);
    const resumed = await read(server.base, access, { last: stream.heard[0]?.id ?? '' });
    await expect.poll(() => resumed.heard.map(({ type }) => type)).toEqual(['ready']);
    resumed.leave();
    const users = await fetch(`${server.base}/api/users/?search=late.arrival`, {
      headers: { authorization: `Bearer ${access}` },
    });
    expect(await users.json()).toMatchObject({ count: 1 });
  });
});
