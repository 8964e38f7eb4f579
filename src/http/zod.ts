import type { FastifySchemaCompiler } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, type FieldError, type FieldErrorCode, fieldErrorCodes } from '../core/errors.ts';
import { namesOf } from '../core/names.ts';
import { ERRORS_MAX, unknownFieldsOf } from './hooks/unknown-fields.ts';

export { serializerCompiler, type ZodTypeProvider };

type Issue = z.core.$ZodIssue;

/** Checks one part of a request and names every wrong field of it at once, and of a body or a query every unknown one. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const unknownFields =
    httpPart === 'body' || httpPart === 'querystring' ? unknownFieldsOf(schema) : () => [];
  const read =
    httpPart === 'params' || httpPart === 'querystring' ? strictly(schema) : (data: unknown) => data;
  return (data) => {
    const unknown = unknownFields(data);
    const result = schema.safeParse(read(data), REPORT);
    if (result.success && unknown.length === 0) return { value: result.data };
    const wrong = result.error ? fieldErrors(result.error) : [];
    // A body of which no field is known has nothing to change, but that is no fault of its own.
    const others = unknown.length > 0 ? wrong.filter(({ code }) => code !== 'nothing_to_change') : wrong;
    const fields = [...others, ...unknown].slice(0, ERRORS_MAX);
    return { error: new AppError(others.length > 0 ? 'invalid_input' : 'unknown_field', { fields }) };
  };
};

/** Lets a schema refuse with one of our own codes: `check(text, isFine, 'invalid_phone')`. */
export function issue(
  code: FieldErrorCode,
  path?: string,
  values?: FieldError['params'],
): { params: object; path?: string[] } {
  return { params: { code, values }, ...(path === undefined ? {} : { path: [path] }) };
}

/**
 * For a rule over several fields that reads what they have become: zod also asks it where one of them is refused, and still
 * is what was sent. `.refine(rule, { ...issue('three_letters', 'search'), ...ifFine })`
 */
export const ifFine = { when: ({ issues }: z.core.ParsePayload) => issues.length === 0 };

/**
 * What a body of changes is refused for that changes nothing: `.refine(...somethingToChange())`.
 * @param besides fields that change nothing by themselves
 */
export const somethingToChange = (...besides: string[]) =>
  [
    (body: object) => namesOf(body).some((name) => !besides.includes(name)),
    issue('nothing_to_change'),
  ] as const;

/** zod calls an integer a number where something else is sent. Nobody reads its messages: they say which was meant. */
const REPORT: z.core.ParseContext<z.core.$ZodIssue> = {
  reportInput: true,
  error: ({ code, inst }) =>
    code === 'invalid_type' && inst instanceof z.ZodNumber && inst.isInt ? 'int' : undefined,
};

/** A whole number where everything arrives as text: see `strictly`. */
export const wholeText = (minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum);

/** Decimal digits, written in one way only, so that each record and each page has one address. */
const WHOLE = /^(?:0|-?[1-9]\d*)$/;

/**
 * JavaScript reads more as a number than people write: ` 1`, `+1`, `1.0`, `0x1`, `1e2`. A transformation would take a
 * parameter's example out of the document, therefore such text is taken for no number before zod sees it.
 */
function strictly(schema: z.ZodType): (data: unknown) => unknown {
  const names =
    schema instanceof z.ZodObject
      ? Object.keys(schema.shape).filter((name) => isWhole(schema.shape[name]))
      : [];
  return (data) => {
    const given = data as Record<string, unknown>;
    const sent = names.filter((name) => given[name] !== undefined);
    return sent.length === 0
      ? data
      : { ...given, ...Object.fromEntries(sent.map((name) => [name, wholeOf(given[name])])) };
  };
}

/** Finite, so that hundreds of digits are a number that is too big, and not none. */
function wholeOf(value: unknown): number {
  if (typeof value !== 'string' || !WHOLE.test(value)) return Number.NaN;
  return Math.max(-Number.MAX_VALUE, Math.min(Number(value), Number.MAX_VALUE));
}

function isWhole(schema: unknown): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return isWhole(schema.unwrap());
  return schema instanceof z.ZodNumber && schema.def.coerce === true;
}

/** What is wrong with a value that is sent as this. */
export function wrongFields(schema: z.ZodType, value: unknown): FieldError[] {
  const { error } = schema.safeParse(value, REPORT);
  return error ? fieldErrors(error) : [];
}

/**
 * Every wrong field, once, in our own codes; the schema must have been parsed with `REPORT`. A field's first fault
 * counts, since the checks after it judge a value that is none (25:00 makes a slot too long, too). Of two checks with
 * one code the later is the narrower: a huge number is no safe integer before it is above its maximum.
 */
export function fieldErrors(error: z.core.$ZodError): FieldError[] {
  const fields = new Map<string, FieldError>();
  for (const found of error.issues) {
    // Each is named, with what was probably meant, by the search for unknown fields.
    if (found.code === 'unrecognized_keys') continue;
    const field = { path: found.path.join('.'), ...describe(found) };
    const known = fields.get(field.path);
    if (!known || known.code === field.code) fields.set(field.path, field);
  }
  return [...fields.values()];
}

const formatCodes: Partial<Record<string, FieldErrorCode>> = {
  date: 'invalid_date',
  email: 'invalid_email',
};

function describe(found: Issue): Omit<FieldError, 'path'> {
  switch (found.code) {
    case 'custom': {
      const code = fieldErrorCodes.find((known) => known === found.params?.code);
      const values: FieldError['params'] = found.params?.values;
      return { code: code ?? 'invalid_format', ...(values && { params: values }) };
    }
    case 'invalid_type':
      if (found.input === undefined) return { code: 'required' };
      return { code: 'invalid_type', params: { expected: found.message === 'int' ? 'int' : found.expected } };
    case 'invalid_value':
      if (found.input === undefined) return { code: 'required' };
      return { code: 'invalid_choice', params: { values: found.values.map(String).join(', ') } };
    case 'invalid_union':
      // A discriminated union without its discriminator, or with an unknown one.
      return { code: isMissing(found) ? 'required' : 'invalid_choice', params: { values: choices(found) } };
    case 'too_small':
      return {
        code: found.origin === 'string' ? 'too_short' : 'too_small',
        params: { minimum: Number(found.minimum) },
      };
    case 'too_big':
      return {
        code: found.origin === 'string' ? 'too_long' : 'too_big',
        params: { maximum: Number(found.maximum) },
      };
    case 'invalid_format':
      return { code: formatCodes[found.format] ?? 'invalid_format' };
    default:
      return { code: 'invalid_format' };
  }
}

function isMissing(found: z.core.$ZodIssueInvalidUnion): boolean {
  const key = found.discriminator;
  return (
    typeof found.input !== 'object' || found.input === null || (key !== undefined && !(key in found.input))
  );
}

function choices(found: z.core.$ZodIssueInvalidUnion): string {
  return 'options' in found && Array.isArray(found.options) ? found.options.map(String).join(', ') : '';
}
