import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, errorStatus } from '../../src/core/errors.ts';
import { escapeHtml } from '../../src/core/html.ts';
import { locales } from '../../src/core/words.ts';
import { errorText } from '../../src/i18n/index.ts';
import { adviceFor, advices } from '../../src/i18n/problems/advice.ts';
import { problemTexts } from '../../src/i18n/problems/index.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

const codes = Object.keys(errorStatus) as ErrorCode[];
const get = (url: string, headers = {}) => clinic.app.inject({ url, headers });
const marked = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

describe('the page to which the `type` of a problem leads', () => {
  test('is there for every code, in every language', async () => {
    for (const code of codes)
      for (const locale of locales) {
        const { statusCode, headers, body } = await get(`/api/problems/${code}/`, {
          'accept-language': locale,
        });
        expect([statusCode, headers['content-type'], headers['content-language']]).toEqual([
          200,
          'text/html; charset=utf-8',
          locale,
        ]);
        const { when, advice } = problemTexts[locale];
        const { title, detail } = errorText(locale, code);
        for (const text of [title, detail, when[code], advice[adviceFor(code)]])
          expect(body).toContain(marked(text));
      }
  });

  test('is the one that a problem names', async () => {
    const { body } = await clinic.as(undefined).get('/auth/me/').expect(401);
    expect(new URL(body.type).pathname).toBe('/api/problems/authentication_required/');
    const answer = await get(new URL(body.type).pathname);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('<code>GET /api/auth/me/</code>');
    expect(answer.body).not.toContain('<code>POST /api/auth/login/</code>');
  });

  test('can be had in another language than the reader’s', async () => {
    const { headers } = await get('/api/problems/slot_taken/?lang=ru', { 'accept-language': 'uz' });
    expect(headers['content-language']).toBe('ru');
  });

  test('is listed with the others', async () => {
    const { body } = await get('/api/problems/');
    for (const code of codes) expect(body).toContain(`/api/problems/${code}/`);
  });

  test('is not there for what is no code', async () => {
    for (const code of ['nonsense', '__proto__', 'toString']) {
      const { statusCode: status, headers, body } = await get(`/api/problems/${code}/`);
      expectProblem({ status, headers, body: JSON.parse(body) }, 'route_not_found');
    }
  });
});

test('every advice is for some code, and no two codes are explained in the same words', () => {
  expect([...new Set(codes.map(adviceFor))].sort()).toEqual([...advices].sort());
  for (const locale of locales) {
    const texts = codes.map((code) => problemTexts[locale].when[code]);
    expect(new Set(texts).size).toBe(codes.length);
  }
});
