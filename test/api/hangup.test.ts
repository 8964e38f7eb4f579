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
