import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { z } from 'zod';
import { AppError, type FieldError } from '../../core/errors.ts';

/**
 * What a request says and nobody reads: a mistyped filter would show everybody's rows, and a mistyped field would be
 * lost without a word. Each part of a request is compared with its schema, however deep, beside being checked by it.
 */

/** Names in a value that its schema does not know, with the path to each. */
type Search = (value: unknown, path: string, found: FieldError[]) => void;

/** As many errors as an answer holds, and as long as its paths may be. */
export const ERRORS_MAX = 100;
const PATH_MAX = 200;

const nothing: Search = () => {};
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns what finds the unknown fields of a value that is to be of this schema */
export function unknownFieldsOf(schema: z.ZodType): (value: unknown) => FieldError[] {
  const search = searchFor(schema);
  return (value) => {
    const found: FieldError[] = [];
    search(value, '', found);
    return found;
  };
}

function searchFor(schema: z.core.$ZodType): Search {
  if (schema instanceof z.ZodObject) return inObject(schema.shape);
  if (schema instanceof z.ZodArray) return inEach(searchFor(schema.element));
  if (schema instanceof z.ZodRecord) {
    const { keyType, valueType } = schema;
    if (!(keyType instanceof z.ZodEnum)) return inEach(searchFor(valueType));
    return inObject(Object.fromEntries(keyType.options.map((name) => [name, valueType])));
  }
  if (schema instanceof z.ZodPipe) return searchFor(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  )
    return searchFor(schema.unwrap());
  if (schema instanceof z.ZodUnion) return inOneOf(schema.options.map(searchFor));
  return nothing;
}

function inObject(shape: Readonly<Record<string, z.core.$ZodType>>): Search {
  const names = Object.keys(shape);
  const searches = new Map(names.map((name) => [name, searchFor(shape[name] as z.core.$ZodType)]));
  return (value, path, found) => {
    if (!isObject(value)) return;
    for (const name of Object.keys(value)) {
      if (found.length >= ERRORS_MAX) return;
      const search = searches.get(name);
      if (search) search(value[name], `${path}${name}.`, found);
      else found.push(unknownField(name, names, path));
    }
  };
}

function inEach(search: Search): Search {
  if (search === nothing) return nothing;
  return (value, path, found) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) search(item, `${path}${name}.`, found);
  };
}

/** Of several schemas the one that knows most of it is meant. */
function inOneOf(searches: readonly Search[]): Search {
  if (searches.every((search) => search === nothing)) return nothing;
  return (value, path, found) => {
    const results = searches.map((search) => {
      const own: FieldError[] = [];
      search(value, path, own);
      return own;
    });
    found.push(...(results.toSorted((a, b) => a.length - b.length)[0] ?? []));
  };
}

function unknownField(name: string, known: readonly string[], path = ''): FieldError {
  const near = nearest(name, known);
  return {
    path: `${path}${name}`.slice(0, PATH_MAX),
    code: 'unknown_field',
    ...(near !== undefined && { suggestion: `${path}${near}` }),
  };
}

/** `dateOfBirth` as `date_of_birth`. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
/** Longer ones are no slip of the hand. */
const NAME_MAX = 50;

/** The name that was probably meant: spelled nearly so, or a part of what was written (`doctor_id`, `start`). */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const asked = plain(name.slice(0, NAME_MAX));
  if (asked.length < 2) return undefined;
  const judged = known.map((candidate) => {
    const meant = plain(candidate);
    const distance = slips(asked, meant);
    const isPart =
      Math.min(asked.length, meant.length) >= 4 && (asked.includes(meant) || meant.includes(asked));
    return { candidate, distance, isNear: isPart || distance <= Math.max(1, Math.floor(asked.length / 3)) };
  });
  return judged.filter(({ isNear }) => isNear).toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Letters to add, to leave out, to replace, or to swap with the one beside it (optimal string alignment). */
function slips(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    const above = rows[i - 1] as number[];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}

/** What this API says of a name that is nearly right, for its documentation. */
export function misspelt(schema: z.ZodType | undefined): FieldError[] {
  const [name] = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return [name === undefined ? unknownField('nonsense', []) : unknownField(`${name}s`, [name])];
}

/** What takes no parameters at all. */
const NO_QUERY = z.object({});
/** Methods of which Fastify reads no body. */
const BODILESS = new Set(['GET', 'HEAD']);

/**
 * Lets the API's routes that take no parameters, or no body, refuse those that are sent, as the others do by their
 * schemas. Pages behind links are exempt, to which mail programs and messengers add parameters of their own, and so is
 * health. What stands behind a secret address is such a page: people add parameters to make a program read it anew.
 */
export const unknownFields = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', (route) => {
      if (!route.url.startsWith('/api/') || route.schema?.hide || route.config?.secret_path) return;
      route.schema = { querystring: NO_QUERY, ...route.schema };
      if (route.schema.body !== undefined || BODILESS.has(String(route.method))) return;
      route.preValidation = [
        ...[route.preValidation ?? []].flat(),
        ({ body }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
          const names = isObject(body) ? Object.keys(body).slice(0, ERRORS_MAX) : [];
          const fields = names.map((name) => unknownField(name, []));
          done(fields.length > 0 ? new AppError('unknown_field', { fields }) : undefined);
        },
      ];
    });
  },
  { name: 'unknown-fields' },
);
