import type { Ask } from './wire.ts';

/** A route of the API as the limits imitate it: its answer, and what it sends to the database. */

/** A value of a statement: fixed, or from the request, or a list of such. */
export type Value = { fixed: unknown } | { from: string } | { list: Value[] };

export interface Statement {
  name: string;
  text: string;
  values: Value[];
}

export interface Route {
  method: Ask['method'];
  /** As Fastify's router takes it. */
  url: string;
  status: number;
  /** An answer of the API, parsed; undefined when it has no body. */
  answer: unknown;
  statements: Statement[];
  /** Set where the cost is a password's hash: it is compared instead. */
  hash?: string;
}

/** Whatever a request can give to a statement, by name. */
export const inputsOf = (ask: {
  params?: unknown;
  query?: unknown;
  body?: unknown;
  person?: number | undefined;
}): Record<string, unknown> => ({
  ...(ask.params as object),
  ...(ask.query as object),
  ...(ask.body as object),
  person: ask.person,
});

/** A statement as pg takes it, with the values of a request. */
export const filled = ({ name, text, values }: Statement, inputs: Record<string, unknown>) => ({
  name,
  text,
  values: values.map((value) => valueIn(value, inputs)),
});

function valueIn(value: Value, inputs: Record<string, unknown>): unknown {
  if ('from' in value) return inputs[value.from];
  return 'list' in value ? value.list.map((item) => valueIn(item, inputs)) : value.fixed;
}
