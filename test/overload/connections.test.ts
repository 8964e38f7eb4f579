import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { limitConnections } from '../../src/main/connections.ts';
import { testApp, testConfig } from '../helpers/app.ts';
import { startServer } from '../helpers/process.ts';

test('more connections than files may be open: those beyond are closed, all others are answered', async () => {
  const clinic = await testApp();
  const patient = await clinic.person('patient');
  const server = await startServer({ DATABASE_URL: clinic.url, JWT_SECRET: testConfig.jwt_secret }, 120);
  onTestFinished(async () => {
    server.child.kill('SIGTERM');
    await server.exited;
    await clinic.close();
  });
  const port = Number(new URL(server.base).port);

  /** The status of the answer, or what became of the connection instead. */
  const visit = (socket: Socket) =>
    new Promise<string>((told) => {
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text;
        if (received.includes('\r\n\r\n')) told(received.slice(9, 12));
      });
      socket.on('error', () => {}).on('close', () => told('closed'));
      socket.write(
        `GET /api/patient/profile/ HTTP/1.1\r\nhost: clinic\r\nauthorization: Bearer ${patient.token}\r\n\r\n`,
      );
    });
  // From many addresses: one alone would not be let have them all.
  const from = (nth: number) =>
    connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (nth % 100)}` });
  const sockets = Array.from({ length: 300 }, (_, nth) => from(nth));
  const told = await Promise.all(sockets.map(visit));
  expect(new Set(told)).toEqual(new Set(['200', 'closed']));
  // No connection to the database was open before: each of the pool found a file that was left for it.
  expect(told.filter((status) => status === '200').length).toBeGreaterThan(40);

  for (const socket of sockets) socket.destroy();
  for (let tries = 0; ; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const status = await visit(socket);
    socket.destroy();
    if (status === '200') break;
    // It has yet to see that the others are gone.
    expect(status).toBe('closed');
    expect(tries).toBeLessThan(1_000);
  }
});

test('one address with idle connections leaves others theirs, and gets no more than its share', async () => {
  const clinic = await testApp();
  const server = await startServer({
    DATABASE_URL: clinic.url,
    JWT_SECRET: testConfig.jwt_secret,
    CONNECTIONS_PER_ADDRESS: '20',
  });
  onTestFinished(async () => {
    server.child.kill('SIGTERM');
    await server.exited;
    await clinic.close();
  });
  const port = Number(new URL(server.base).port);
  const idle = Array.from({ length: 60 }, () =>
    connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }),
  );
  let closed = 0;
  for (const socket of idle) socket.on('error', () => {}).on('close', () => (closed += 1));
  await vi.waitFor(() => expect(closed).toBe(40), { timeout: 120_000 });
  expect((await fetch(`${server.base}/health/live`)).status).toBe(200);
  expect(closed).toBe(40);
  // What it gives back it may have again.
  for (const socket of idle) socket.destroy();
  await vi.waitFor(
    () =>
      new Promise<void>((answered, refused) => {
        const again = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
        again.on('error', refused).on('close', () => refused(new Error('closed')));
        again.on('data', () => {
          again.destroy();
          answered();
        });
        again.write('GET /health/live HTTP/1.1\r\nhost: clinic\r\n\r\n');
      }),
    { timeout: 120_000 },
  );
});

test('all addresses of one /64 of IPv6 have one share, and an IPv4 address has one however it is written', () => {
  const server = new EventEmitter();
  const app = { server, log: { warn() {} } } as unknown as FastifyInstance;
  limitConnections(app, { ...testConfig, connections_per_address: 2 });
  const from = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      isOpen: true,
      destroy() {
        socket.isOpen = false;
      },
    });
    server.emit('connection', socket);
    return socket;
  };
  const open = (...addresses: string[]) => addresses.map((address) => from(address).isOpen);
  const first = from('2001:db8:1:2::1');
  expect(open('2001:db8:1:2::2', '2001:db8:1:2:3:4:5:6', '2001:db8:1:3::1')).toEqual([true, false, true]);
  expect(open('203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7', '203.0.113.8')).toEqual([
    true,
    true,
    false,
    true,
  ]);
  first.emit('close');
  expect(open('2001:db8:1:2::9', '2001:db8:1:2::9')).toEqual([true, false]);
});
