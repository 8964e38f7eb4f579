import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { AppError, type ErrorCode, errorStatus, type FieldError } from '../../core/errors.ts';
import type { DocumentedRoute, RouteInput } from '../hooks/access.ts';
import { isPaged } from '../hooks/links.ts';
import { misspelt } from '../hooks/unknown-fields.ts';
import { isKeyed } from '../idempotency.ts';
import { PROBLEM_TYPE, problem } from '../problem.ts';
import { wrongFields as wrong } from '../zod.ts';
import { type Components, type Operation, type Parameter, type Response, resolve } from './document.ts';
import { header, LIMITS, locationLike, onError, UNCOUNTED } from './headers.ts';
import { problemOf, WITH_COUNT } from './problems.ts';

/** Whom the examples speak of. */
const EXAMPLE_SITE = 'https://clinic.example';
const EXAMPLE_TICKET = 'Yk3nQ7vXw1rT5zB8mJ2cF6hL9pS4dG0aE7uVxNqKoRi';
const EXAMPLE_REQUEST = '0b8f6a5e-6c1f-4a55-9a0e-6f8a3c1d2e47';

/**
 * Says of each success what comes.
 * @param route.location where a record that it creates would be, if not below its own path
 */
export function describeSuccesses(
  { responses }: Operation,
  { location, isAttached, input }: Pick<DocumentedRoute, 'location' | 'isAttached' | 'input'>,
  components: Components,
): void {
  for (const [status, response] of Object.entries(responses)) {
    if (status === '204') {
      response.description = 'Done. The answer has no body.';
      delete response.content;
      continue;
    }
    const schema = response.content?.['application/json']?.schema;
    const described = schema && resolve(schema, components).description;
    response.description = described === undefined ? ownWords(response) : firstSentence(described);
    const { content = {} } = response;
    // Tables, lines and calendars are for a file.
    const isFile = isAttached || 'text/csv' in content || 'text/calendar' in content;
    // Where something is added, 200 is a preview, which is none of an earlier request.
    const isPreview = status === '200' && '201' in responses;
    response.headers = {
      ...response.headers,
      ...(isFile && { 'Content-Disposition': header('Disposition') }),
      ...('text/calendar' in content && { 'Last-Modified': header('LastModified') }),
      ...(('text/html' in content || 'text/csv' in content) && { 'Content-Language': header('Language') }),
      ...(status === '201' && {
        Location: location === undefined ? header('Location') : locationLike(location),
      }),
      ...(isPaged(input.querystring) && { Link: header('Links') }),
      ...(isKeyed(input.headers) && !isPreview && { 'Idempotency-Replayed': header('Replayed') }),
    };
  }
}

/** The schema, one click away, says the rest. */
const firstSentence = (text: string) => /^.*?\.(?= |$)/s.exec(text)?.[0] ?? text;

/** What a route says itself of an answer that is no JSON. */
const ownWords = ({ description }: Response) => (description === 'Default Response' ? 'Done.' : description);

/** Says of answers that they name their state, and of reading that whoever has it already is spared it. */
export function describeVersions(operation: Operation, isRead: boolean): void {
  const { responses } = operation;
  for (const [status, response] of Object.entries(responses))
    if (status < '300' && response.content) response.headers = { ...response.headers, ETag: header('ETag') };
  if (!isRead) return;
  operation.parameters = [...(operation.parameters ?? []), IF_NONE_MATCH];
  responses['304'] = {
    description: 'You have it already. The answer has no body.',
    headers: { ETag: header('ETag') },
  };
}

const IF_NONE_MATCH: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  description: 'The `ETag` of what you have: if that still holds, the answer is 304.',
  schema: { type: 'string', maxLength: 1_000, examples: ['"3-5uiiUAqRKBe_qjHd5DDKRwCrcy0"'] },
};

/** For texts of refusals, and where else a language is chosen. */
export const ACCEPT_LANGUAGE: Parameter = {
  name: 'Accept-Language',
  in: 'header',
  description: 'The language of texts (RFC 9110): `uz`, `ru` or `en`. Without it the clinic’s own.',
  schema: { type: 'string', maxLength: 200, examples: ['uz'] },
};

/** Says of the answers to a request that is counted what remains (draft-ietf-httpapi-ratelimit-headers-03). */
export function describeLimits({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses))
    if (status < '500' && status !== UNCOUNTED) response.headers = { ...response.headers, ...LIMITS };
}

/**
 * One answer per status, with an example per code, as the API itself would write it.
 * @param alternatives what is offered instead of a slot that is refused, where the operation does so
 * @param others_known patients of whom one may be who is registered
 */
export function errorResponses(
  codes: readonly ErrorCode[],
  path: string,
  input: RouteInput,
  alternatives: readonly object[] | undefined,
  others_known: readonly object[],
): Record<string, Response> {
  const responses: Record<string, Response> = {};
  const examples: Record<string, Record<string, { value: unknown }>> = {};
  for (const code of codes) {
    const status = errorStatus[code];
    const fields = wrongFields(code, input);
    // Of the refusals that name other slots, the example of the commonest shows some.
    const others = alternatives && code === 'slot_taken' ? { alternatives } : ownVisit(code);
    const counted = WITH_COUNT.includes(code) ? { count: 3 } : {};
    const second_step = { ticket: EXAMPLE_TICKET, next: 'code', expires_in: 300 } as const;
    const step = code === 'second_step_required' ? { second_step } : {};
    const candidates = code === 'patient_may_exist' ? { candidates: others_known } : {};
    const room = code === 'room_taken' ? { room: demo.otherRoom.id } : {};
    const value = problem(
      new AppError(code, { fields, ...others, ...counted, ...room, ...candidates, ...step }),
      'en',
      {
        instance: path,
        site: EXAMPLE_SITE,
        request_id: EXAMPLE_REQUEST,
      },
    );
    examples[status] = { ...examples[status], [code]: { value } };
    responses[status] = {
      description: listed(Object.keys(examples[status])),
      headers: { ...onError[status] },
      content: { [PROBLEM_TYPE]: { schema: problemOf(codes, status), examples: examples[status] } },
    };
  }
  return responses;
}

/** As many codes are named in a sentence; the examples name them all. */
const NAMED = 4;

function listed(codes: readonly string[]): string {
  const names = codes.slice(0, NAMED).map((code) => `\`${code}\``);
  const others = codes.length - names.length;
  return others > 0 ? `${names.join(', ')} and ${others} more` : names.join(', ');
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
