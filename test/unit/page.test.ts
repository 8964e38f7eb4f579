import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { fetchPage } from '../../src/db/page.ts';
import { pageAnswer } from '../../src/http/page.ts';

interface Window {
  limit: number;
  offset: number;
  reach: number;
}

/** A list of so many rows as a statement would give it, and the windows it was asked for. */
function listOf(total: number) {
  const asked: Window[] = [];
  return {
    asked,
    run: async (window: Window) => {
      asked.push(window);
      const rows = Array.from({ length: total }, (_, id) => ({ id, count: total }));
      return rows.slice(0, window.reach).slice(window.offset, window.offset + window.limit);
    },
  };
}

describe('fetchPage', () => {
  test.each([
    ['an empty list', 0, 1, 20, [], false],
    ['one page', 3, 1, 20, [0, 1, 2], false],
    ['a page that is just full', 3, 1, 3, [0, 1, 2], false],
    ['the first of two', 4, 1, 3, [0, 1, 2], true],
    ['the last of two', 4, 2, 3, [3], false],
    ['one past the end', 4, 3, 3, [], false],
    ['far past the end', 4, 9_999, 3, [], false],
  ])('%s', async (_, total, page, page_size, ids, more) => {
    const list = listOf(total);
    const found = await fetchPage({ page, page_size }, list.run);
    expect(found).toEqual({ count: total, more, rows: ids.map((id) => ({ id })) });
  });

  test('asks once, for one row more than it shows', async () => {
    const list = listOf(100);
    await fetchPage({ page: 3, page_size: 20 }, list.run);
    expect(list.asked).toEqual([{ limit: 21, offset: 40, reach: 61 }]);
  });

  test('asks again only past the end, for the count alone', async () => {
    const list = listOf(5);
    await fetchPage({ page: 2, page_size: 20 }, list.run);
    expect(list.asked).toEqual([
      { limit: 21, offset: 20, reach: 41 },
      { limit: 1, offset: 0, reach: 1 },
    ]);
    const empty = listOf(0);
    await fetchPage({ page: 1, page_size: 20 }, empty.run);
    expect(empty.asked).toHaveLength(1);
  });
});

describe('pageAnswer', () => {
  const request = (url: string) => ({ url, site: 'https://clinic.uz' }) as FastifyRequest;
  const page = { count: 50, more: true, rows: [] };

  test.each([
    ['/api/users/', 1, 'https://clinic.uz/api/users/?page=2', null],
    [
      '/api/users/?page=2&role=doctor',
      2,
      'https://clinic.uz/api/users/?page=3&role=doctor',
      'https://clinic.uz/api/users/?page=1&role=doctor',
    ],
    ['/api/users?search=a%20b%26c', 1, 'https://clinic.uz/api/users?search=a+b%26c&page=2', null],
    // Neither what looks like another host nor a second question mark is anything but a part of the address.
    ['//evil.example/api/', 1, 'https://clinic.uz//evil.example/api/?page=2', null],
    ['/api/users/?search=a?b', 1, 'https://clinic.uz/api/users/?search=a%3Fb&page=2', null],
    ['/api/users/?search=O%CA%BBtkir', 1, 'https://clinic.uz/api/users/?search=O%CA%BBtkir&page=2', null],
  ])('%s, page %i', (url, number, next, previous) => {
    expect(pageAnswer(request(url), number, page)).toEqual({ count: 50, next, previous, results: [] });
  });

  test('ends with the last page that can be asked for', () => {
    expect(pageAnswer(request('/api/users/'), 9_999, page).next).toBe(
      'https://clinic.uz/api/users/?page=10000',
    );
    expect(pageAnswer(request('/api/users/'), 10_000, page).next).toBeNull();
    expect(pageAnswer(request('/api/users/'), 1, { ...page, more: false }).next).toBeNull();
  });
});
