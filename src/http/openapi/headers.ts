import { demo } from '../../core/demo.ts';
import { errorStatus } from '../../core/errors.ts';
import { locales } from '../../core/words.ts';
import type { Header, Response } from './document.ts';

/** The headers of answers. Those of the transport, and those that protect browsers, are not said of each operation. */

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
  RequestId: {
    description:
      'The name of the request, in the log and in problems: as it was sent in `X-Request-Id`, or a new one.',
    schema: { type: 'string', maxLength: 100, examples: ['0b8f6a5e-6c1f-4a55-9a0e-6f8a3c1d2e47'] },
  },
  Language: {
    description: 'The language of the texts.',
    schema: { type: 'string', enum: [...locales], maxLength: 2 },
  },
  Vary: {
    description: 'The headers of the request on which the answer depends.',
    schema: { type: 'string', maxLength: 100, examples: ['accept-language'] },
  },
  Disposition: {
    description: 'The name under which a browser saves it (RFC 6266).',
    schema: { type: 'string', maxLength: 200, examples: ['attachment; filename="appointments.csv"'] },
  },
} satisfies Record<string, Header>;

export const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });

export const ON_PROBLEMS: NonNullable<Response['headers']> = {
  'X-Request-Id': header('RequestId'),
  'Content-Language': header('Language'),
  'Cache-Control': header('Caching'),
  Vary: header('Vary'),
};

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
