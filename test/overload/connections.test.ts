import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
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
  const sockets = Array.from({ length: 300 }, () => connect(port, '127.0.0.1'));
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
