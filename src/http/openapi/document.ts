/** The parts of an OpenAPI 3.1 document that this project writes; the rest passes through as it is. */

/** JSON Schema 2020-12. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  enum?: unknown[];
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  [keyword: string]: unknown;
}

/** With `$ref` it stands among the components, and nothing else is said here. */
export interface Parameter {
  $ref?: string;
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
  description?: string;
  example?: unknown;
  required?: boolean;
}

interface Reference {
  $ref: string;
}

export interface Header {
  description: string;
  schema: Schema;
}

export interface MediaType {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, ShownExample>;
}

/** Written out, or with `$ref` one of the components. */
export interface ShownExample {
  $ref?: string;
  summary?: string;
  value?: unknown;
}

/** With `$ref` it stands among the components, and nothing else is said here. */
export interface Response {
  $ref?: string;
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, MediaType>;
}

export interface Operation {
  summary: string;
  tags?: string[];
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, MediaType>; required?: boolean };
  responses: Record<string, Response>;
}

export interface Components {
  schemas: Record<string, Schema>;
  headers: Record<string, Header>;
  examples?: Record<string, ShownExample>;
  responses?: Record<string, Response>;
  parameters?: Record<string, Parameter>;
  [kind: string]: unknown;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  /** What this server sends to others. */
  webhooks?: Record<string, Record<string, Operation>>;
  components: Components;
  [part: string]: unknown;
}

const SCHEMAS = '#/components/schemas/';

export const refTo = (name: string) => `${SCHEMAS}${name}`;

/** The component's name that a schema refers to, undefined when it refers to none. */
export const nameOf = ({ $ref }: Schema): string | undefined => $ref?.slice(SCHEMAS.length);

/** The component a schema refers to; itself when it refers to none. */
export const resolve = (schema: Schema, { schemas }: Components): Schema =>
  (schema.$ref === undefined ? schema : schemas[nameOf(schema) ?? '']) ?? {};
