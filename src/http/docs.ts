import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const require = createRequire(import.meta.url);
const redocBundle = join(dirname(require.resolve('redoc/package.json')), 'bundles');

const REDOC_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Clinic appointment booking</title>
    <link rel="icon" href="data:,">
    <style>body { margin: 0; }</style>
  </head>
  <body>
    <redoc spec-url="/api/schema/" hide-download-button></redoc>
    <script src="/api/redoc/static/redoc.standalone.js"></script>
  </body>
</html>
`;

/** Swagger UI, Redoc and the document itself, with every asset from this server. */
export async function docs(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      docExpansion: 'list',
      operationsSorter: undefined,
    },
    theme: { title: 'Clinic appointment booking' },
  });

  let document: string | undefined;
  app.get('/api/schema/', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply
      .type('application/json')
      .serializer((text: string) => text)
      .send(document);
  });

  app.get('/api/redoc/', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(REDOC_PAGE),
  );
  await app.register(fastifyStatic, {
    root: redocBundle,
    prefix: '/api/redoc/static/',
    decorateReply: false,
    allowedPath: (path) => path === '/redoc.standalone.js',
    immutable: true,
    maxAge: '1d',
    schemaHide: true,
  });
}
