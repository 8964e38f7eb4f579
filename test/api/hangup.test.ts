import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';

test.each(['end', 'resetAndDestroy'] as const)(
  'clients that hang up in the middle of a body (%s) are no alarm of a database that is away',
  async (how) => {
    const log = capturedLog();
    const clinic = await testApp({ config: { log_level: 'info' }, log_stream: log.stream });
    onTestFinished(() => clinic.close());
    const { port } = new URL(await clinic.app.listen({ host: '127.0.0.1', port: 0 }));
    const { token } = await clinic.person('patient');
    for (let count = 0; count < 10; count += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      const head = `POST /api/appointments/ HTTP/1.1\r\nhost: clinic\r\nauthorization: Bearer ${token}`;
      socket.write(`${head}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"ti`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket[how]();
    }
    const lines = () => log.lines.map((line) => JSON.parse(line));
    // Once all of them are gone for the server too, it has said of them what it has to say.
    await vi.waitFor(
      async () => {
        const left = await promisify(clinic.app.server.getConnections.bind(clinic.app.server))();
        expect(left).toBe(0);
      },
      { timeout: 120_000 },
    );
    await clinic.as({ token }).get('/auth/me/').expect(200);
    expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
  },
);

test('a connection that was opened ahead and never used keeps no server from closing', async () => {
  const clinic = await testApp();
  const { port } = new URL(await clinic.app.listen({ host: '127.0.0.1', port: 0 }));
  const [unused, used] = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')];
  const said = new Map([unused, used].map((socket) => [socket, '']));
  for (const socket of said.keys())
    socket.setEncoding('utf8').on('data', (text) => said.set(socket, said.get(socket) + String(text)));
  const gone = Promise.all([unused, used].map((socket) => once(socket, 'close')));
  used.write('GET /health/live HTTP/1.1\r\nhost: clinic\r\n\r\n');
  await once(used, 'data');
  await clinic.close();
  await gone;
  // Node lets go of it after a minute, and says so.
  expect(said.get(unused)).toBe('');
  expect(said.get(used)).toMatch(/^HTTP\/1.1 200 /);
});
