import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DocumentedRoute } from '../hooks/access.ts';
import {
  ACCEPT_LANGUAGE,
  describeLimits,
  describeSuccesses,
  describeVersions,
  errorResponses,
} from './answers.ts';
import { type Components, type Document, type Operation, type Parameter, refTo } from './document.ts';
import { HEADERS } from './headers.ts';
import { type Introduced, introduction, offerDemoAccounts } from './introduction.ts';
import { dropNamedExamples, giveExamples, valuesOf } from './placing-examples.ts';
import { problemSchemas } from './problems.ts';
import { tidySchema, uniteTwins } from './schemas.ts';
import { share } from './shared.ts';

export const TITLE = 'Clinic appointment booking';

const SERVER = {
  url: '/',
  description: 'This server, local or production',
  // Open to whoever may sign in, says OWASP's inventory of audiences.
  'x-internal': false,
};

/** A heading of the document. Each module brings its own beside its routes. */
interface Heading {
  name: string;
  description: string;
  /** Headings stand in the order of these numbers. */
  order: number;
}

/** What this server sends to others by itself: the section `webhooks` of OpenAPI 3.1, with the schemas that it refers to. */
interface Webhooks {
  webhooks: NonNullable<Document['webhooks']>;
  schemas: Components['schemas'];
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds a heading to the document. */
    describeHeading(heading: Heading): void;
    /** Adds to the document what this server sends to others. */
    describeWebhooks(sent: Webhooks): void;
  }
}

/** OpenAPI 3.1 from the routes' own schemas and guards; built once, when all routes stand. */
export const openapi = fastifyPlugin(
  async (app: FastifyInstance, { version, ...introduced }: { version: string } & Introduced) => {
    const headings: Heading[] = [];
    app.decorate('describeHeading', (heading) => {
      const twin = headings.find(({ name, order }) => name === heading.name || order === heading.order);
      if (twin) throw new Error(`the headings ${twin.name} and ${heading.name} have one name or one place`);
      headings.push(heading);
    });
    const sent: Webhooks[] = [];
    app.decorate('describeWebhooks', (webhooks) => void sent.push(webhooks));
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: TITLE,
          version,
          description: introduction(introduced),
          contact: { name: 'The clinic’s front desk' },
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [SERVER],
        security: [{ bearer: [] }],
        components: {
          securitySchemes: {
            bearer: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description:
                'The `access` token of `POST /api/auth/login/`, without the word Bearer. HS256 or, where other ' +
                'services verify it, ES256; nothing else is taken, and one issuer (RFC6750, RFC8725).',
            },
          },
        },
      },
      transform: jsonSchemaTransform,
      transformObject: (document) => {
        const generated = jsonSchemaTransformObject(document) as unknown as Document;
        // The library's type is of OpenAPI 3.0 and 3.1 at once; what is handed back is the same document.
        const finished = finish(generated, app.documentedRoutes, headings, sent, introduced);
        return finished as unknown as ReturnType<typeof jsonSchemaTransformObject>;
      },
    });
  },
  { name: 'openapi' },
);

/** Tidies what the generator leaves, and adds to every operation what follows from its guards, errors and examples. */
function finish(
  generated: Document,
  routes: ReadonlyMap<string, DocumentedRoute>,
  headings: readonly Heading[],
  sent: readonly Webhooks[],
  { demo_data }: Introduced,
): Document {
  const document = uniteTwins(structuredClone(generated));
  document.tags = headings
    .toSorted((a, b) => a.order - b.order)
    .map(({ name, description }) => ({ name, description }));
  document.paths = inOrderOfUse(document.paths);
  const { components, paths } = document;
  if (demo_data) offerDemoAccounts(components);
  components.headers = HEADERS;
  for (const schema of Object.values(components.schemas)) tidySchema(schema);
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const route = routes.get(`${method.toUpperCase()} ${path}`);
      if (route) describe(operation, `${method} ${path}`, route, components);
    }
  dropNamedExamples(document);
  const answered = JSON.stringify(paths);
  for (const [kind, schema] of Object.entries(problemSchemas(alternativesOf(routes))))
    if (answered.includes(`"${refTo(kind)}"`)) components.schemas[kind] = schema;
  addWebhooks(document, sent);
  share(document);
  return document;
}

/** A copy of them: sharing takes the document apart in place, and a process may make several. */
function addWebhooks(document: Document, sent: readonly Webhooks[]): void {
  for (const { webhooks, schemas } of structuredClone(sent)) {
    document.webhooks = { ...document.webhooks, ...webhooks };
    Object.assign(document.components.schemas, schemas);
  }
}

/**
 * Routes stand in the order in which people use them. Only a path of two headings needs help: what lies below it is
 * shown first, so that the second heading does not open with it (`DELETE /api/auth/me/` before the export of the data).
 */
function inOrderOfUse(paths: Document['paths']): Document['paths'] {
  const order = Object.keys(paths);
  const headings = (path: string) =>
    new Set(Object.values(paths[path] ?? {}).flatMap(({ tags = [] }) => tags));
  for (const path of order.filter((one) => headings(one).size > 1)) {
    const below = order.filter((one) => one !== path && one.startsWith(path));
    const others = order.filter((one) => !below.includes(one));
    others.splice(others.indexOf(path), 0, ...below);
    order.splice(0, order.length, ...others);
  }
  return Object.fromEntries(order.map((path) => [path, paths[path] ?? {}]));
}

function describe(operation: Operation, name: string, route: DocumentedRoute, components: Components): void {
  const [, path = ''] = name.split(' ');
  const noted = route.audited && `**Noted** as \`${route.audited}\`.`;
  operation.description = [operation.description, noted, `**Who may call:** ${route.who}.`]
    .filter(Boolean)
    .join('\n\n');
  // Everything else needs the token, as the document says as a whole.
  if (route.isPublic) operation.security = [];
  if (route.isOptional) operation.security = [{}, { bearer: [] }];
  for (const parameter of operation.parameters ?? []) {
    const own = ownExamples(parameter, route.input);
    showExample(own ? Object.assign(parameter, { example: own[0] }) : parameter);
  }
  for (const parameter of operation.parameters ?? [])
    if (parameter.in === 'header') parameter.name = asWritten(parameter.name);
  // What one must give, before what one may.
  operation.parameters?.sort((a, b) => Number(b.in === 'path') - Number(a.in === 'path'));
  const { body } = route.input;
  // The generator says of every body that it is required.
  if (operation.requestBody && body?.safeParse(undefined).success) operation.requestBody.required = false;
  giveExamples(operation, route.examples, components);
  describeSuccesses(operation, route, components);
  if (route.etag) describeVersions(operation, name.startsWith('get '));
  if (path.startsWith('/api/')) operation.parameters = [...(operation.parameters ?? []), ACCEPT_LANGUAGE];
  const alternatives = route.alternatives && valuesOf(idOf(route.alternatives), components);
  const example = exampleOf(path, operation);
  Object.assign(
    operation.responses,
    errorResponses(route.errors, example, route.input, alternatives, valuesOf('Patient', components)),
  );
  if (route.isCounted) describeLimits(operation);
}

/**
 * The examples that a parameter's field was given. Where a field is transformed zod takes them for what becomes of it, and
 * leaves those of the field that it was made from: a filter by `before` would show the example of `after`.
 */
function ownExamples({ in: part, name }: Parameter, input: DocumentedRoute['input']): unknown[] | undefined {
  const asked = { query: input.querystring, path: input.params, header: input.headers }[part as 'query'];
  let field: unknown = (asked as z.ZodObject | undefined)?.shape?.[
    part === 'header' ? name.toLowerCase() : name
  ];
  while (field instanceof z.ZodType) {
    const { examples } = field.meta() ?? {};
    if (examples) return examples as unknown[];
    field = field instanceof z.ZodOptional || field instanceof z.ZodDefault ? field.unwrap() : undefined;
  }
  return undefined;
}

/**
 * Tools fill in a parameter's own `example`. That helps where it is required: without it Swagger UI leaves the field
 * empty, Postman sends `<integer>` and Dredd refuses the document. Of an optional one the example stands in the schema
 * and, since Swagger UI does not show it there, in the description: filled in, a list would be quietly filtered by all
 * of them at once.
 */
function showExample(parameter: Parameter): void {
  const { schema, example = schema.examples?.[0], description, required } = parameter;
  tidySchema(schema);
  // With commas, not once for each value.
  if (schema.type === 'array') Object.assign(parameter, { style: 'form', explode: false });
  delete parameter.example;
  if (example === undefined) return;
  schema.examples = [example];
  if (required) {
    parameter.example = example;
    return;
  }
  const isListed =
    schema.enum !== undefined ||
    ['boolean', 'array'].includes(String(schema.type)) ||
    schema.default !== undefined;
  if (!isListed && description && example !== '')
    parameter.description = `${description} Such as \`${example}\`.`;
}

/** A header's name as people write it: Fastify knows them in lower case only. */
const asWritten = (name: string) => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());

/** The one schema of what routes offer instead of a slot. */
function alternativesOf(routes: ReadonlyMap<string, DocumentedRoute>): string | undefined {
  const ids = new Set(
    [...routes.values()].flatMap(({ alternatives }) => (alternatives ? [idOf(alternatives)] : [])),
  );
  if (ids.size > 1) throw new Error('routes offer different things instead of a slot');
  return [...ids][0];
}

const idOf = (schema: z.ZodType) => String(schema.meta()?.id);

/** A path with its parameters' examples in it. */
const exampleOf = (path: string, { parameters = [] }: Operation) =>
  path.replaceAll(/\{(\w+)\}/g, (braced, name) =>
    String(parameters.find((parameter) => parameter.name === name)?.schema.examples?.[0] ?? braced),
  );
