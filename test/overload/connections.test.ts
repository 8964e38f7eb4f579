import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
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
