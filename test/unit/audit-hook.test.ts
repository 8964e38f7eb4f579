import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { auditing, type NotedRead, reads, readsAtOnce } from '../../src/http/hooks/audit.ts';

interface Row {
  id: number;
}

test('an answer is noted for each person, or at once for all, and not again where its request noted a change', async () => {
  const noted: NotedRead[] = [];
  const app = Fastify();
  app.decorateRequest('user');
  app.addHook('onRequest', async (request) => {
    request.user = { id: 1, role: 'admin', session: 1 };
  });
  await app.register(auditing, { note: async (_, read) => void noted.push(read) });
  const page = async () => ({ results: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 2 }] });
  const idOf = ({ id }: Row) => id;
  app.get('/list', { config: { audit: reads('user.list', idOf) } }, page);
  app.get('/search', { config: { audit: readsAtOnce('user.list', idOf) } }, page);
  const once = () => 'calendar:1';
  app.get('/calendar', { config: { audit: readsAtOnce('absence.list', idOf, once) } }, page);
  app.post('/change', { config: { audit: reads('user.read', idOf) } }, async ({ user, query }) => {
    if ('really' in (query as object)) user.noted?.add(2);
    return { id: 2 };
  });
  const filters: string[] = [];
  for (const [method, url] of [
    ['GET', '/list'],
    ['GET', '/search?search=aziza'],
    ['GET', '/calendar'],
    ['POST', '/change'],
    ['POST', '/change?really'],
  ] as const)
    expect((await app.inject({ method, url })).statusCode).toBe(200);
  const all = { people: [2, 3], details: { filters, rows: 4 } };
  expect(noted).toEqual([
    { action: 'user.list', ...all, as_one: false, once: undefined },
    // What was looked for may be somebody's name: its filter is named, and no more.
    {
      action: 'user.list',
      people: [2, 3],
      details: { filters: ['search'], rows: 4 },
      as_one: true,
      once: undefined,
    },
    { action: 'absence.list', ...all, as_one: true, once: 'calendar:1' },
    { action: 'user.read', people: [2], details: {}, as_one: false, once: undefined },
  ]);
});
