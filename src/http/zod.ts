import type { FastifySchemaCompiler } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { AppError, type FieldError, type FieldErrorCode, fieldErrorCodes } from '../core/errors.ts';

export { serializerCompiler, type ZodTypeProvider };

type Issue = z.core.$ZodIssue;

/** Checks one part of a request and names every wrong field of it at once. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data) => {
    const result = schema.safeParse(data, { reportInput: true });
    return result.success
      ? { value: result.data }
      : { error: new AppError('invalid_input', { fields: fieldErrors(result.error) }) };
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
 * Every wrong field, once, in our own codes; the schema must have been parsed with `reportInput`. A field's first fault
 * counts, since the checks after it judge a value that is none (25:00 makes a slot too long, too). Of two checks with
 * one code the later is the narrower: a huge number is no safe integer before it is above its maximum.
 */
export function fieldErrors(error: z.core.$ZodError): FieldError[] {
  const fields = new Map<string, FieldError>();
  for (const found of error.issues) {
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
      return { code: 'invalid_type', params: { expected: found.expected } };
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
