import { type ErrorCode, errorStatus, errorsWithAlternatives, fieldErrorCodes } from '../../core/errors.ts';
import { refTo, type Schema } from './document.ts';

/**
 * The schemas of problems: one a kind, told apart by `code`, so that whoever asks for the code has what comes with it. What
 * has nothing of its own is of a kind for its status.
 */

const INT32 = { type: 'integer', format: 'int32', minimum: 1, maximum: 2_147_483_647 };

/** Refusals because of visits, which say how many. */
export const WITH_COUNT: readonly ErrorCode[] = ['has_upcoming', 'role_in_use', 'dependant_has_visits'];

interface Kind {
  codes: readonly ErrorCode[];
  description: string;
  properties: Record<string, Schema>;
  /** Of its own properties, those that are always there; all by default. */
  required?: readonly string[];
}

/** @param alternative the schema of what is offered instead of a slot */
const kindsWith = (alternative: string | undefined): Record<string, Kind> => ({
  InvalidInput: {
    codes: ['invalid_input', 'unknown_field'],
    description: 'The request says something that cannot be, or that nobody reads.',
    properties: {
      errors: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        description: 'Every wrong field of the request.',
        items: {
          type: 'object',
          required: ['path', 'message', 'code'],
          properties: {
            path: { type: 'string', maxLength: 200, description: 'Dotted; empty for the body as a whole.' },
            // A choice names all that may be chosen.
            message: { type: 'string', maxLength: 2_000 },
            code: openSet(fieldErrorCodes),
            suggestion: {
              type: 'string',
              maxLength: 250,
              description: 'For an unknown field, the path of the one that was probably meant.',
            },
          },
        },
      },
    },
  },
  SlotRefused: {
    codes: errorsWithAlternatives,
    description: 'The slot cannot be had, and others would do.',
    properties: {
      alternatives: {
        type: 'array',
        maxItems: 6,
        description:
          'That doctor’s nearest in time that this patient can have, up to three, then up to three of others of the ' +
          'specialization, unless an appointment of a doctor who is here was to move. Empty where there are none.',
        items: alternative === undefined ? { type: 'object' } : { $ref: refTo(alternative) },
      },
    },
  },
  AlreadyYours: {
    codes: ['already_yours'],
    description: 'The patient has that slot.',
    properties: {
      appointment: {
        type: 'object',
        description: 'The visit by which they have it.',
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
    },
  },
  VisitsAhead: {
    codes: WITH_COUNT,
    description: 'Visits stand in the way.',
    properties: { count: { ...INT32, description: 'How many visits are still to come.' } },
  },
  RoomTaken: {
    codes: ['room_taken'],
    description: 'The room is in use then.',
    properties: {
      room: {
        ...INT32,
        type: ['integer', 'null'],
        description: 'The next room of its kind in the branch that is free at that time; null without one.',
      },
    },
  },
  PatientMayExist: {
    codes: ['patient_may_exist'],
    description: 'Who is registered may be there already.',
    properties: {
      candidates: {
        type: 'array',
        maxItems: 10,
        description: 'The patients of whom one it may be.',
        items: { $ref: refTo('Patient') },
      },
    },
  },
  PatientNotFound: {
    codes: ['patient_not_found'],
    description: 'There is no such patient, or not for this reader.',
    properties: {
      merged_into: {
        ...INT32,
        description: 'For the desk: the record into which that one was merged.',
      },
    },
    required: [],
  },
  SecondStepRequired: {
    codes: ['second_step_required'],
    description: 'The password was right, and something else is to be shown.',
    properties: {
      ticket: { type: 'string', maxLength: 100, description: 'With which it is shown, or set up.' },
      next: openSet(['code', 'enrol']),
      expires_in: { ...INT32, description: 'Seconds for which the ticket serves.' },
    },
  },
});

const statusNames: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  414: 'UriTooLong',
  415: 'UnsupportedMediaType',
  422: 'Unprocessable',
  429: 'TooManyRequests',
  431: 'HeadersTooLarge',
  500: 'InternalError',
  502: 'BadGateway',
  503: 'Unavailable',
};

/** A list to which later versions may add. */
function openSet(values: readonly string[]): Schema {
  return { type: 'string', enum: [...values], 'x-extensible-enum': [...values] };
}

const asSchema = ({ codes, description, properties, required = Object.keys(properties) }: Kind): Schema => ({
  type: 'object',
  description,
  required: ['code', 'detail', ...required, 'title', 'status', 'type', 'instance'],
  properties: {
    code: { ...openSet(codes), description: 'What happened, for programs: it never changes its meaning.' },
    detail: {
      type: 'string',
      maxLength: 300,
      description: 'What happened, for people, by `Accept-Language`.',
    },
    ...properties,
    title: { type: 'string', maxLength: 100 },
    status: { type: 'integer', format: 'int32', minimum: 400, maximum: 599 },
    type: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 400,
      description: 'A page that says what the code means, when it comes and what to do.',
    },
    instance: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 16_384,
      description: 'The path asked for.',
    },
    request_id: { type: 'string', maxLength: 100, description: 'As in the header `X-Request-Id`.' },
  },
});

const kinds = kindsWith(undefined);
const kindOf = new Map<ErrorCode, string>(
  (Object.keys(errorStatus) as ErrorCode[]).map((code) => {
    const special = Object.entries(kinds).find(([, { codes }]) => codes.includes(code))?.[0];
    return [code, special ?? statusNames[errorStatus[code]] ?? `Status${errorStatus[code]}`];
  }),
);

/** The schema of a status's answer: of each kind that an operation's codes can be. */
export function problemOf(codes: readonly ErrorCode[], status: number): Schema {
  const names = new Set(codes.filter((code) => errorStatus[code] === status).map((code) => kindOf.get(code)));
  const [only, ...others] = [...names].sort().map((name) => ({ $ref: refTo(name ?? '') }));
  return only && others.length === 0 ? only : { oneOf: [...(only ? [only] : []), ...others] };
}

/**
 * RFC 9457, with what this API adds. * @param alternative the schema of what is offered instead of a slot
 */
export function problemSchemas(alternative: string | undefined): Record<string, Schema> {
  const schemas: Record<string, Schema> = Object.fromEntries(
    Object.entries(kindsWith(alternative)).map(([name, kind]) => [name, asSchema(kind)]),
  );
  for (const name of new Set(kindOf.values())) {
    const codes = [...kindOf].filter(([, kind]) => kind === name).map(([code]) => code);
    const status = errorStatus[codes[0] as ErrorCode];
    schemas[name] ??= asSchema({ codes, description: `Of status ${status}.`, properties: {} });
  }
  return schemas;
}
