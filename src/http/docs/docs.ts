import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Role, roles } from '../../core/roles.ts';
import { type Content, contentOf, sendContent } from '../content.ts';
import { flagText } from '../fields.ts';
import { Public } from '../guards.ts';
import type { Document } from '../openapi/document.ts';
import { TITLE } from '../openapi/openapi.ts';
import { llmsText } from './llms.ts';
import { ICON, REDOC_PAGE, SWAGGER_SCRIPTS, SWAGGER_STYLES } from './pages.ts';
import { partOf } from './role-part.ts';
import { withSamples } from './samples.ts';

const require = createRequire(import.meta.url);
const fileOf = (name: string, path: string) => join(dirname(require.resolve(`${name}/package.json`)), path);

/** Redoc shows its maker's logo from a CDN; without it, no request leaves for another host. */
const redoc = async () =>
  (await readFile(fileOf('redoc', 'bundles/redoc.standalone.js'), 'utf8')).replaceAll(
    'https://cdn.redoc.ly/redoc/logo-mini.svg',
    'data:,',
  );

/** In how many forms a text is kept. */
const VARIANTS_MAX = 48;

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/**
 * Importers and generators take the server's address from the document: a relative one leaves them without any. Swagger
 * UI reads its own copy of the document, whose relative address is right wherever its page is opened.
 */
const schemaFor = (app: FastifyInstance) => (variant: string) => {
  const { server, role, samples } = JSON.parse(variant) as Variant;
  const whole = app.swagger() as unknown as Document & { servers: object[] };
  const servers = whole.servers.map((known) => ({ ...known, url: server }));
  const document = role ? partOf(whole, app.documentedRoutes, role) : whole;
  return JSON.stringify({ ...(samples ? withSamples(document, server) : document), servers });
};

interface Variant {
  server: string;
  /** What this role may call, if not all. */
  role?: Role;
  /** With samples of code, which only Redoc shows. */
  samples: boolean;
}

/**
 * `?role=patient` is that role's part; `?samples=true` brings samples of code. Whatever else is asked for is refused: who mistypes a
 * role would take the whole document for its part.
 */
const variants = z.object({ role: z.enum(roles).optional(), samples: flagText.optional() });

function variantOf({ site, query }: FastifyRequest): string {
  const { role, samples = false } = query as z.output<typeof variants>;
  const variant: Variant = { server: site, samples };
  return JSON.stringify(role ? { ...variant, role } : variant);
}

/**
 * Runs in the browser: `/api/docs/?role=doctor` shows what a doctor may call. Left to itself, Swagger UI's page finds no
 * document wherever its own address has a query.
 */
function withPart<Asked extends object>(request: Asked): Asked {
  const asked = request as { loadSpec?: boolean; url?: string };
  if (!asked.loadSpec) return request;
  const { location } = globalThis as unknown as { location: { origin: string; search: string } };
  const role = new URLSearchParams(location.search).get('role');
  asked.url = `${location.origin}/api/schema/${role ? `?role=${encodeURIComponent(role)}` : ''}`;
  return request;
}

/** Runs in the browser, with what static/references.js has left there. */
function referencesInPlace(): object {
  const page = globalThis as unknown as { referencesInPlace: () => object };
  return page.referencesInPlace();
}

/** Swagger UI, Redoc and the document that both show, every asset from this server. */
export async function docs(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    // The routes of @fastify/swagger-ui bring no guard of their own.
    route.preHandler ??= Public;
    route.config = { ...route.config, access: 'public', turn: 'none' };
  });
  serve(app, '/api/schema/', 'application/json', schemaFor(app), variantOf, variants);
  serve(app, '/llms.txt', 'text/plain; charset=utf-8', llmsText, ({ site }) => site);

  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: {
      layout: 'BaseLayout',
      // There are too many operations to look through: closed headings, and a box to search them by name.
      docExpansion: 'none',
      filter: true,
      tryItOutEnabled: true,
      // Authorize survives a reload.
      persistAuthorization: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
      requestInterceptor: withPart,
      plugins: [referencesInPlace],
    },
    theme: {
      title: `${TITLE} · Swagger UI`,
      css: [{ filename: 'page.css', content: SWAGGER_STYLES }],
      js: Object.entries(SWAGGER_SCRIPTS).map(([filename, content]) => ({ filename, content })),
      favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: ICON }],
    },
  });

  serve(app, '/api/redoc/', HTML, () => REDOC_PAGE);
  serve(app, '/api/redoc/redoc.standalone.js', SCRIPT, redoc);
}

/**
 * Serves one text, made when it is first asked for.
 * @param variantOf in which of several forms a request gets it
 * @param querystring what may be asked for
 */
function serve(
  app: FastifyInstance,
  url: string,
  type: string,
  make: (variant: string) => string | Promise<string>,
  variantOf: (request: FastifyRequest) => string = () => '',
  querystring?: z.ZodType,
): void {
  const made = new Map<string, Promise<Content>>();
  const schema = { hide: true, ...(querystring && { querystring }) };
  app.get(url, { preHandler: Public, schema, logLevel: 'warn' }, async (request, reply) => {
    const variant = variantOf(request);
    const content = made.get(variant) ?? Promise.resolve(make(variant)).then(contentOf);
    // Anybody may ask by any name where none is forbidden: no more is kept than a site has names.
    if (made.size >= VARIANTS_MAX) made.clear();
    made.set(variant, content);
    return sendContent(request, reply.type(type), await content);
  });
}
