import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';
import { listening, readAnswer, sendRaw } from '../helpers/raw.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

const LOGIN = '{"username":"x","password":"y"}';
const post = (body: string, type: string): Promise<Answer> =>
  sendRaw(
    clinic.app,
    [
      'POST /api/auth/login/ HTTP/1.1',
      'host: clinic.uz',
      'connection: close',
      `content-type: ${type}`,
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );

describe('a body is JSON in UTF-8', () => {
  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8; version=1',
  ])('%s is read', async (type) => {
    expectProblem(await post(LOGIN, type), 'invalid_credentials');
  });

  test.each([
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=',
    'application/json; charset',
    'application/json; charset="utf-8',
    'application/json; =x',
    'text/json',
  ])('%s is not', async (type) => {
    expectProblem(await post(LOGIN, type), 'unsupported_media_type');
  });

  test.each([
    '{"username":"x","password":"y","username":"z"}',
    '{"username":"x","password":"y","\\u0075sername":"z"}',
    '{"username":"x","password":"y","profile":{"gender":1,"gender":2}}',
  ])('%s says a name twice', async (body) => {
    expectProblem(await post(body, 'application/json'), 'malformed_request');
  });
});

describe('a client that is still writing when its body is too large', () => {
  const MEGABYTE = 1024 * 1024;
  const head = (lines: string[]) =>
    [
      `POST /api/auth/login/ HTTP/1.1`,
      'host: clinic.uz',
      'content-type: application/json',
      ...lines,
      '',
      '',
    ].join('\r\n');

  async function open(): Promise<Socket> {
    const { port } = await listening(clinic.app);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  /** Writes on after the server has answered, piece by piece, as clients do that look at the answer when they are done. */
  async function writeSlowly(socket: Socket, pieces: number, wrap: (piece: Buffer) => Buffer): Promise<void> {
    let answered = false;
    const answer = once(socket, 'readable').then(() => {
      answered = true;
    });
    for (let piece = 0; piece < pieces; piece += 1) {
      // The last half only once the answer is there, so that it certainly comes after it.
      if (piece === Math.floor(pieces / 2) && !answered) await answer;
      const written = new Promise<void>((resolve, reject) =>
        socket.write(wrap(Buffer.alloc(64 * 1024, 'x')), (error) => (error ? reject(error) : resolve())),
      );
      await written;
    }
  }

  test.each([
    ['with a length', [`content-length: ${2 * MEGABYTE}`], (piece: Buffer) => piece],
    [
      'in chunks',
      ['transfer-encoding: chunked'],
      (piece: Buffer) =>
        Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    ],
  ] as const)('finds its answer all the same (%s)', async (_, lines, wrap) => {
    const socket = await open();
    const failed: Error[] = [];
    socket.on('error', (error) => failed.push(error));
    socket.write(head([...lines]));
    await writeSlowly(socket, 32, wrap);
    const answer = await readAnswer(socket);
    expect(failed).toEqual([]);
    expectProblem(answer, 'payload_too_large');
    expect(answer.headers.connection).toBe('close');
  });

  test('has nothing done that it sends after it', async () => {
    const socket = await open();
    const account = JSON.stringify({ username: 'smuggled', password: 'a-long-quiet-river', role: 'patient' });
    const next = [
      'POST /api/auth/register/ HTTP/1.1',
      'host: clinic.uz',
      'content-type: application/json',
      `content-length: ${account.length}`,
      '',
      account,
    ].join('\r\n');
    socket.write(head([`content-length: ${100_000}`]));
    socket.write(`${'x'.repeat(100_000)}${next}`);
    expectProblem(await readAnswer(socket), 'payload_too_large');
    const { rows } = await clinic.db.$client.query("select from users where username = 'smuggled'");
    expect(rows).toEqual([]);
  });

  test('is not read from for ever', async () => {
    const socket = await open();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(head([`content-length: ${1024 * MEGABYTE}`]));
    const piece = Buffer.alloc(MEGABYTE, 'x');
    while (!socket.destroyed && socket.bytesWritten < 1024 * MEGABYTE)
      await Promise.race([closed, new Promise((resolve) => socket.write(piece, resolve))]);
    expect(socket.destroyed).toBe(true);
  });

  test('and one that stops writing is let go', async () => {
    const socket = await open();
    socket.write(head([`content-length: ${MEGABYTE}`]));
    expectProblem(await readAnswer(socket), 'payload_too_large');
  });
});
