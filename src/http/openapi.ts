import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { AppError, type ErrorCode, errorStatus } from '../core/errors.ts';
import type { DocumentedRoute } from './access.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document is a tree of plain objects
type Node = any;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** OpenAPI 3.1 from the routes' own schemas and guards; built once, when all routes stand. */
export const openapi = fastifyPlugin(
  async (app: FastifyInstance, { version }: { version: string }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Clinic appointment booking',
          version,
          description: INTRODUCTION,
          contact: { name: 'The clinic', url: 'https://example.org/' },
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: '/', description: 'This server' }],
        tags: [
          { name: 'auth', description: 'Register, sign in, stay signed in.' },
          { name: 'doctors', description: 'The directory, and a doctor’s own profile.' },
          { name: 'patients', description: 'A patient’s own profile.' },
          { name: 'timeslots', description: 'A doctor’s openings, each for one visit.' },
          { name: 'appointments', description: 'Bookings: book, confirm, cancel.' },
          { name: 'users', description: 'Everybody’s accounts, for admins.' },
          { name: 'health', description: 'For orchestrators and monitors.' },
        ],
        components: {
          securitySchemes: {
            bearer: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: 'The `access` token of `/api/auth/login/` (RFC 6750, RFC 8725).',
            },
          },
        },
      },
      transform: jsonSchemaTransform,
      transformObject: (document) => finish(jsonSchemaTransformObject(document), app.documentedRoutes),
    });
  },
  { name: 'openapi' },
);

const INTRODUCTION = `Patients book, doctors publish their hours and answer bookings, admins look after everything.

**The way through:** register, sign in, press *Authorize* and paste \`access\`, list the doctors, see a doctor's free
slots, book one, cancel it.

Dates are \`YYYY-MM-DD\` and times \`HH:MM\` on the clinic's wall clock; instants are UTC. Lists take \`?page=\` and
\`?page_size=\`. Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`, in Uzbek, Russian or English by
\`Accept-Language\`. This service arranges visits; it gives no medical advice.`;

/** Adds what follows from guards and error codes to every operation, and tidies what the generator leaves. */
function finish(document: Node, routes: Map<string, DocumentedRoute>): Node {
  for (const [path, operations] of Object.entries<Node>(document.paths)) {
    for (const method of METHODS) {
      const operation = operations[method];
      const route = routes.get(`${method.toUpperCase()} ${path}`);
      if (!operation || !route) continue;
      operation.description = [operation.description, `**Who:** ${route.who}.`].filter(Boolean).join('\n\n');
      operation.security = route.isPublic ? [] : [{ bearer: [] }];
      describeSuccess(operation, path);
      Object.assign(operation.responses, errorResponses(route.errors, path));
    }
  }
  document.components.schemas = { ...document.components.schemas, Problem: PROBLEM_SCHEMA };
  tidy(document);
  prune(document);
  giveExamples(document);
  return document;
}

const SUCCESS: Record<string, string> = { 200: 'Done.', 201: 'Created.', 204: 'Done; nothing to say.' };

function describeSuccess(operation: Node, path: string): void {
  for (const [status, response] of Object.entries<Node>(operation.responses)) {
    response.description = SUCCESS[status] ?? 'Done.';
    response.headers = {
      'X-Request-Id': { description: 'Names this request in the log.', schema: { type: 'string' } },
    };
    if (status === '201')
      response.headers.Location = {
        description: 'Where the new record is.',
        schema: { type: 'string', examples: [`${path}9001/`] },
      };
    if (status === '204') delete response.content;
  }
}

const HEADERS: Record<number, Node> = {
  401: {
    'WWW-Authenticate': {
      description: 'RFC 6750.',
      schema: { type: 'string', examples: ['Bearer realm="clinic"'] },
    },
  },
  429: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', examples: [30] } } },
  503: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', examples: [2] } } },
};

/** One answer per status, with an example per code. */
function errorResponses(codes: readonly ErrorCode[], path: string): Node {
  const responses: Node = {};
  for (const code of codes) {
    const status = errorStatus[code];
    responses[status] ??= {
      description: '',
      ...(HEADERS[status] && { headers: HEADERS[status] }),
      content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' }, examples: {} } },
    };
    const fields = code === 'invalid_input' ? [{ path: 'date', code: 'invalid_date' as const }] : [];
    const value = problem(new AppError(code, { fields }), 'en', path.replaceAll(/\{\w+\}/g, '7'));
    responses[status].description = [responses[status].description, `\`${code}\``].filter(Boolean).join(', ');
    responses[status].content[PROBLEM_TYPE].examples[code] = { summary: value.title, value };
  }
  return responses;
}

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457. `code` is stable; texts follow Accept-Language.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorStatus) },
    errors: {
      type: 'array',
      description: 'Every wrong field of the request.',
      items: {
        type: 'object',
        required: ['path', 'message', 'code'],
        properties: { path: { type: 'string' }, message: { type: 'string' }, code: { type: 'string' } },
      },
    },
  },
};

/** Where a `format` says it, the regular expression behind it only makes the document hard to read. */
function tidy(node: Node): void {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.format === 'string') delete node.pattern;
  delete node.additionalProperties;
  delete node.$schema;
  for (const value of Object.values(node)) tidy(value);
}

/** Every named schema comes twice, once as input and once as output: those that nothing names are dropped. */
function prune(document: Node): void {
  const { schemas } = document.components;
  for (let before = -1; before !== Object.keys(schemas).length; ) {
    before = Object.keys(schemas).length;
    const text = JSON.stringify(document);
    for (const name of Object.keys(schemas))
      if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name];
  }
}

/** Puts each schema's example where documentation pages look for it: at the body it stands for. */
function giveExamples(document: Node): void {
  const { schemas } = document.components;
  const exampleOf = (schema: Node): Node => {
    const named = schema?.$ref ? schemas[schema.$ref.split('/').at(-1)] : schema;
    if (named?.examples?.[0] !== undefined) return named.examples[0];
    if (named?.type === 'array') return [exampleOf(named.items)];
    if (named?.properties)
      return Object.fromEntries(
        Object.entries(named.properties).map(([name, value]) => [name, exampleOf(value)]),
      );
    return named?.const ?? null;
  };
  for (const operations of Object.values<Node>(document.paths)) {
    for (const { requestBody, responses } of Object.values<Node>(operations)) {
      const bodies = [requestBody, ...Object.values<Node>(responses ?? {})];
      for (const body of bodies) {
        const json = body?.content?.['application/json'];
        if (json?.schema) json.example = exampleOf(json.schema);
      }
    }
  }
}
