import { demo } from '../../core/demo.ts';
import { errorStatus } from '../../core/errors.ts';
import { locales } from '../../core/words.ts';
import type { Header, Response } from './document.ts';

/**
 * The headers of answers. What every answer carries is not said of each operation: those of the transport, those that protect
 * browsers, the name of the request, what may be kept; nor the language of problems. The introduction speaks of them.
 */

const integer = (minimum: number, maximum: number) => ({
  type: 'integer',
  format: 'int32',
  minimum,
  maximum,
});

export function locationLike(example: string): Header {
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
    description: 'The state of what was sent, for `If-None-Match` and `If-Match` (RFC 9110).',
    schema: {
      type: 'string',
      maxLength: 50,
      pattern: '^"[\\w-]+"$',
      examples: ['"3-5uiiUAqRKBe_qjHd5DDKRwCrcy0"'],
    },
  },
  Links: {
    description: 'The pages beside this one, as `next` and `prev` (RFC 8288); not there without any.',
    schema: {
      type: 'string',
      maxLength: 32_768,
      examples: ['<https://clinic.example/api/users/?page=2>; rel="next"'],
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
  Language: {
    description: 'The language of the texts.',
    schema: { type: 'string', enum: [...locales], maxLength: 2 },
  },
  LastModified: {
    description: 'When it changed last, for `If-Modified-Since` (RFC 9110).',
    schema: { type: 'string', maxLength: 30, examples: ['Wed, 01 Mar 2028 09:30:00 GMT'] },
  },
  Disposition: {
    description: 'The name under which a browser saves it (RFC 6266).',
    schema: { type: 'string', maxLength: 200, examples: ['attachment; filename="appointments.csv"'] },
  },
} satisfies Record<string, Header>;

export const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });

export const onError: Partial<Record<number, NonNullable<Response['headers']>>> = {
  401: { 'WWW-Authenticate': header('Challenge') },
  429: { 'Retry-After': header('RetryAfter') },
  503: { 'Retry-After': header('RetryAfter') },
};

export const LIMITS = {
  'RateLimit-Limit': header('Limit'),
  'RateLimit-Remaining': header('Left'),
  'RateLimit-Reset': header('Reset'),
};
/** What the router itself refuses is never counted. */
export const UNCOUNTED = String(errorStatus.uri_too_long);
