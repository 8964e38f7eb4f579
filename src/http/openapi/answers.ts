import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import {
  AppError,
  type ErrorCode,
  errorStatus,
  type FieldError,
  fieldErrorCodes,
} from '../../core/errors.ts';
import type { RouteInput } from '../hooks/access.ts';
import { misspelt } from '../hooks/unknown-fields.ts';
import { PROBLEM_TYPE, problem } from '../problem.ts';
import { wrongFields as wrong } from '../zod.ts';
import {
  type Components,
  type Header,
  type Operation,
  type Response,
  refTo,
  resolve,
  type Schema,
} from './document.ts';

const integer = (minimum: number, maximum: number) => ({
  type: 'integer',
  format: 'int32',
  minimum,
  maximum,
});

function locationLike(example: string): Header {
  const schema = { type: 'string', format: 'uri-reference', maxLength: 100, examples: [example] };
  return { description: 'Where the new record is.', schema };
}

/** Headers that several answers have in common. */
export const HEADERS = {
  Challenge: {
    description: 'How to authenticate (RFC 6750).',
    schema: { type: 'string', maxLength: 100, examples: ['Bearer realm="clinic", error="invalid_token"'] },
  },
  RetryAfter: { description: 'Seconds to wait.', schema: { ...integer(1, 86_400), examples: [2] } },
  Location: locationLike(`/api/appointments/${demo.visit.id}/`),
  ETag: {
    description: 'The version of the record in quotes, for `If-Match` (RFC 9110).',
    schema: { type: 'string', maxLength: 20, pattern: '^"[1-9][0-9]*"$', examples: ['"3"'] },
  },
  Caching: {
    description:
      'What may be kept: nothing; beside an `ETag` the reader’s own copy, if they ask whether it still holds; for seconds, and ' +
      'by everybody, what guests are shown; photos for ever.',
    schema: {
      type: 'string',
      enum: [
        'no-store',
        'private, no-cache',
        'public, max-age=5',
        'public, max-age=60',
        'public, max-age=31536000, immutable',
      ],
      maxLength: 40,
    },
  },
  Replayed: {
    description:
      'The request had been done before: this is the answer that it had then. Else it is left out.',
    schema: { type: 'string', enum: ['true'], maxLength: 4 },
  },
  Limit: {
    description:
      'Requests a minute that are let through. Not there where a request is refused before it is counted.',
    schema: { ...integer(1, 1_000_000), examples: [600] },
  },
  Left: {
    description: 'How many of them are left.',
    schema: { ...integer(0, 1_000_000), examples: [597] },
  },
  Reset: {
    description: 'Seconds until all are there again.',
    schema: { ...integer(0, 60), examples: [41] },
  },
} satisfies Record<string, Header>;

const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });
const onError: Partial<Record<number, NonNullable<Response['headers']>>> = {
  401: { 'WWW-Authenticate': header('Challenge') },
  429: { 'Retry-After': header('RetryAfter') },
  503: { 'Retry-After': header('RetryAfter') },
};

const LIMITS = {
  'RateLimit-Limit': header('Limit'),
  'RateLimit-Remaining': header('Left'),
  'RateLimit-Reset': header('Reset'),
};
/** What the router itself refuses is never counted. */
const UNCOUNTED = String(errorStatus.uri_too_long);

/** Refusals because of visits, which say how many. */
const WITH_COUNT: readonly ErrorCode[] = ['has_upcoming', 'role_in_use', 'dependant_has_visits'];

/**
 * RFC 9457, with what this API adds.
 * @param alternative the schema of what is offered instead of a slot
 */
export const problemSchema = (alternative: string | undefined): Schema => ({
  type: 'object',
  description:
    'RFC 9457. `code` is stable; the texts follow `Accept-Language`. Each code has an example of its own. Any operation ' +
    'may answer 408, 414 or 431 to a request that it cannot read at all.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', maxLength: 100, description: 'The code as a URN.' },
    title: { type: 'string', maxLength: 100 },
    status: integer(400, 599),
    detail: { type: 'string', maxLength: 300, description: 'What happened, for people.' },
    instance: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 16_384,
      description: 'The path asked for.',
    },
    code: { type: 'string', enum: Object.keys(errorStatus), description: 'What happened, for programs.' },
    errors: {
      type: 'array',
      maxItems: 100,
      description: 'Every wrong field of the request, with `invalid_input` and `unknown_field`.',
      items: {
        type: 'object',
        required: ['path', 'message', 'code'],
        properties: {
          path: { type: 'string', maxLength: 200, description: 'Dotted; empty for the body as a whole.' },
          message: { type: 'string', maxLength: 300 },
          code: { type: 'string', enum: [...fieldErrorCodes] },
          suggestion: {
            type: 'string',
            maxLength: 250,
            description: 'For an unknown field, the path of the one that was probably meant.',
          },
        },
      },
    },
    alternatives: {
      type: 'array',
      maxItems: 6,
      description:
        'Where a slot was refused and others would do: that doctor’s nearest in time that this patient can have, up to ' +
        'three, then up to three of others of the specialization, unless an appointment of a doctor who is here was to move.',
      items: alternative === undefined ? { type: 'object' } : { $ref: refTo(alternative) },
    },
    count: {
      ...integer(1, 2_147_483_647),
      description:
        'With `has_upcoming`, `role_in_use` and `dependant_has_visits`: how many visits are still to come.',
    },
    candidates: {
      type: 'array',
      maxItems: 10,
      description: 'With `patient_may_exist`: the patients of whom one may be who is registered.',
      items: { $ref: refTo('Patient') },
    },
    merged_into: {
      ...integer(1, 2_147_483_647),
      description: 'With `patient_not_found`, of the desk: the record into which that one was merged.',
    },
    appointment: {
      type: 'object',
      description: 'The visit by which the patient has the slot, with `already_yours`.',
      required: ['id', 'timeslot', 'date', 'start_time', 'end_time', 'status'],
      properties: {
        id: { $ref: refTo('Id') },
        timeslot: { $ref: refTo('Id') },
        date: { $ref: refTo('Date') },
        start_time: { $ref: refTo('ClockTime') },
        end_time: { $ref: refTo('ClockTime') },
        status: { type: 'string', enum: ['pending', 'confirmed'] },
      },
    },
    room: {
      ...integer(1, 2_147_483_647),
      type: ['integer', 'null'],
      description:
        'With `room_taken`: the next room of its kind in the branch that is free at that time; null without one.',
    },
  },
});

/**
 * Says of each success what comes.
 * @param location where a record that it creates would be, if not below its own path
 * @param keyed whether it can be an answer that was given before
 */
export function describeSuccesses(
  { responses }: Operation,
  location: string | undefined,
  components: Components,
  keyed: boolean,
): void {
  for (const [status, response] of Object.entries(responses)) {
    response.headers = { ...response.headers, 'Cache-Control': header('Caching') };
    if (status === '204') {
      response.description = 'Done. The answer has no body.';
      delete response.content;
      continue;
    }
    const schema = response.content?.['application/json']?.schema;
    const described = schema && resolve(schema, components).description;
    response.description = described === undefined ? ownWords(response) : firstSentence(described);
    if (status === '201')
      response.headers = {
        ...response.headers,
        Location: location === undefined ? header('Location') : locationLike(location),
      };
    if (keyed) response.headers = { ...response.headers, 'Idempotency-Replayed': header('Replayed') };
  }
}

/** The schema, one click away, says the rest. */
const firstSentence = (text: string) => /^.*?\.(?= |$)/s.exec(text)?.[0] ?? text;

/** What a route says itself of an answer that is no JSON. */
const ownWords = ({ description }: Response) => (description === 'Default Response' ? 'Done.' : description);

/** Says of the answers that are one record that they name its version. */
export function describeVersions({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses))
    if (status < '300' && response.content) response.headers = { ...response.headers, ETag: header('ETag') };
}

/** Says of the answers to a request that is counted what remains (draft-ietf-httpapi-ratelimit-headers-03). */
export function describeLimits({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses))
    if (status < '500' && status !== UNCOUNTED) response.headers = { ...response.headers, ...LIMITS };
}

/**
 * One answer per status, with an example per code, as the API itself would write it.
 * @param alternatives what is offered instead of a slot that is refused, where the operation does so
 */
export function errorResponses(
  codes: readonly ErrorCode[],
  path: string,
  input: RouteInput,
  alternatives: readonly object[] | undefined,
): Record<string, Response> {
  const responses: Record<string, Response> = {};
  const examples: Record<string, Record<string, { value: unknown }>> = {};
  for (const code of codes) {
    const status = errorStatus[code];
    const fields = wrongFields(code, input);
    // Of the refusals that name other slots, the example of the commonest shows some.
    const others = alternatives && code === 'slot_taken' ? { alternatives } : ownVisit(code);
    const counted = WITH_COUNT.includes(code) ? { count: 3 } : {};
    const room = code === 'room_taken' ? { room: demo.otherRoom.id } : {};
    const value = problem(new AppError(code, { fields, ...others, ...counted, ...room }), 'en', path);
    examples[status] = { ...examples[status], [code]: { value } };
    responses[status] = {
      description: listed(Object.keys(examples[status])),
      ...(onError[status] && { headers: onError[status] }),
      content: { [PROBLEM_TYPE]: { schema: { $ref: refTo('Problem') }, examples: examples[status] } },
    };
  }
  return responses;
}

/** As many codes are named in a sentence; the examples name them all. */
const NAMED = 4;

function listed(codes: readonly string[]): string {
  const names = codes.slice(0, NAMED).map((code) => `\`${code}\``);
  const others = codes.length - names.length;
  return others > 0 ? `${names.join(', ')} and ${others} more, each with an example` : names.join(', ');
}

const { id: timeslot, ...times } = demo.slots.booked;
const OWN_VISIT = { id: demo.visit.id, timeslot, date: demo.day, ...times, status: 'pending' };
const ownVisit = (code: ErrorCode) => (code === 'already_yours' ? { appointment: OWN_VISIT } : {});

function wrongFields(code: ErrorCode, input: RouteInput): FieldError[] {
  if (code === 'invalid_input') return someWrongFields(input);
  return code === 'unknown_field' ? misspelt(input.body ?? input.querystring) : [];
}

/** What this API says of an empty body, of a query nobody would write, of an id that is none. */
function someWrongFields({ params, querystring, body }: RouteInput): FieldError[] {
  if (body) {
    const missing = wrong(body, {});
    // Where nothing is required, what is wrong is something that was sent.
    const sent = whole(body);
    if (missing.length > 0 || !(sent instanceof z.ZodObject)) return missing;
    const filledWith = (value: unknown) =>
      wrong(body, Object.fromEntries(Object.keys(sent.shape).map((name) => [name, value])));
    const found = filledWith('?');
    return found.length > 0 ? found : filledWith(1);
  }
  if (querystring) {
    const found = wrong(querystring, { page: '0', date: '2028-02-30' });
    return found.length > 0 ? found : wrong(querystring, { from: '2028-02-30' });
  }
  return params ? wrong(params, { id: 'seven' }) : [];
}

/** What a body is where there is one. */
const whole = (body: unknown): unknown =>
  body instanceof z.ZodOptional || body instanceof z.ZodNullable ? whole(body.unwrap()) : body;
