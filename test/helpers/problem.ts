import { expect } from 'vitest';
import { type ErrorCode, errorStatus } from '../../src/core/errors.ts';
import type { Locale } from '../../src/core/words.ts';
import { languages } from '../../src/i18n/index.ts';

/** What a supertest answer, an injected one and one read from a raw socket have in common. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  body: any;
}

export interface ProblemExpectations {
  /** Each wrong field as `path code`, in any order; `''` is the body as a whole. */
  fields?: readonly string[];
  locale?: Locale;
  /** Refused by Node's parser: there was no request, hence no id and no language to vary by. */
  unread?: boolean;
}

const MEMBERS = [
  'code',
  'detail',
  'errors',
  'alternatives',
  'count',
  'appointment',
  'room',
  'candidates',
  'merged_into',
  'ticket',
  'next',
  'expires_in',
  'title',
  'status',
  'type',
  'instance',
  'request_id',
];
/** Refusals of a slot, which may name others. */
const WITH_ALTERNATIVES: ErrorCode[] = [
  'slot_taken',
  'slot_held',
  'patient_busy',
  'not_enough_time',
  'no_room_free',
];
/** Refusals because of visits say how many there are. */
const WITH_COUNT: ErrorCode[] = ['has_upcoming', 'role_in_use', 'dependant_has_visits'];
/** What only the inside of the server knows: SQL, stack frames, paths, constraint and driver names. */
const LEAKS =
  /\b(select|insert into|update|delete from|where)\s+\w+\b.*\b(from|set|values|=)|\n\s+at |node_modules|\.ts\b|\bpg_|_key\b|_fk\b|sqlstate|bcrypt/i;

/**
 * Asserts that an answer is a whole problem of this code: RFC 9457 and section 4 of the contract. Every refusal that
 * any test provokes goes through here.
 */
export function expectProblem(answer: Answer, code: ErrorCode, expected: ProblemExpectations = {}): void {
  const { fields, locale = 'en', unread = false } = expected;
  const { status, headers, body } = answer;
  expect(`${status} ${body?.code}`).toBe(`${errorStatus[code]} ${code}`);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['content-language']).toBe(locale);
  expect(body).toEqual({
    type: expect.stringMatching(new RegExp(`^(?:https?://[^/]+)?/api/problems/${code}/$`)),
    ...languages[locale].errors[code],
    status,
    instance: expect.stringMatching(/^\/[^?]*$/),
    code,
    ...(!unread && { request_id: headers['x-request-id'] }),
    ...(namesFields(code) && { errors: expect.any(Array) }),
    ...(code === 'already_yours' && { appointment: expect.any(Object) }),
    ...(WITH_ALTERNATIVES.includes(code) && { alternatives: expect.any(Array) }),
    ...(WITH_COUNT.includes(code) && { count: expect.any(Number) }),
    // Null where every room of the kind is in use.
    ...(code === 'room_taken' && { room: body.room === null ? null : expect.any(Number) }),
    ...(code === 'patient_may_exist' && { candidates: expect.any(Array) }),
    ...(code === 'second_step_required' && {
      ticket: expect.stringMatching(/^[\w-]{43}$/),
      next: expect.stringMatching(/^(?:code|enrol)$/),
      expires_in: 300,
    }),
    ...(code === 'patient_not_found' && body.merged_into && { merged_into: expect.any(Number) }),
  });
  // What a program decides by comes first.
  expect(Object.keys(body)).toEqual(MEMBERS.filter((member) => member in body));
  expect(JSON.stringify(body)).not.toMatch(LEAKS);
  expect(headers['www-authenticate'] !== undefined, 'WWW-Authenticate goes with 401').toBe(status === 401);
  expect(headers['retry-after'] !== undefined, 'Retry-After goes with 429 and 503').toBe(
    status === 429 || status === 503,
  );
  if (!unread) {
    expect(headers.vary).toMatch(/\baccept-language\b/);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
  if (namesFields(code)) expectFields(body.errors, locale, fields);
}

const namesFields = (code: ErrorCode) => code === 'invalid_input' || code === 'unknown_field';

function expectFields(errors: unknown, locale: Locale, expected: readonly string[] | undefined): void {
  const found = errors as { path: string; message: string; code: string; suggestion?: string }[];
  expect(found.length).toBeGreaterThan(0);
  for (const error of found) {
    const { suggestion, ...members } = error;
    expect(Object.keys(members).sort()).toEqual(['code', 'message', 'path']);
    if (suggestion !== undefined) expect(error.message).toContain(`\`${suggestion}\``);
    // Its own text in this language, with every parameter filled in.
    const texts: Partial<Record<string, string>> = languages[locale].fields;
    const [start = ''] = (texts[error.code] ?? 'no such code').split('{', 1);
    expect(error.message.startsWith(start), `${error.code}: ${error.message}`).toBe(true);
    expect(error.message).not.toMatch(/[{}]|: \.$|undefined/);
  }
  const named = found.map(({ path, code }) => `${path} ${code}`).sort();
  expect(new Set(named).size, `named twice: ${named}`).toBe(named.length);
  if (expected) expect(named).toEqual([...expected].sort());
}

/** What a refusal says, without what is another each time: the name of its request, and the port that a test asked at. */
export const withoutItsRequest = ({ request_id, type, ...said }: Record<string, unknown>) => ({
  ...said,
  type: new URL(String(type)).pathname,
});
