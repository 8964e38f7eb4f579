import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/errors.ts';
import { escapeHtml } from '../core/html.ts';
import type { Locale } from '../core/words.ts';
import { varyBy } from '../http/accept.ts';
import { type Content, contentOf, sendContent } from '../http/content.ts';
import { Public } from '../http/guards.ts';
import { chooseLocale } from '../i18n/index.ts';
import { type PageName, pageNames, pageTexts } from '../i18n/pages/index.ts';
import { modulesOf, readFiles, textsOf, versionOf } from './files.ts';

interface PagesOptions {
  /** Whether they are served at all. */
  pages: boolean;
  default_locale: Locale;
  /** After how many minutes without a touch the desk signs out. */
  desk_idle_minutes: number;
}

/** Everything from this server, and nothing that stands in the page itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Nothing makes markup out of text.
  "require-trusted-types-for 'script'",
].join('; ');

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The pages for people: `/book/` for patients and `/desk/` for the clinic. They call the public API like any other client, and
 * what they are made of is served from here, each file under an address that changes with its content.
 */
export async function pages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  if (!options.pages) return;
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, turn: 'none' };
  });
  const files = readFiles();
  const version = versionOf(files);
  const base = `/pages/${version}`;
  const route = { preHandler: Public, schema: { hide: true }, logLevel: 'warn' } as const;

  const made = new Map<string, Content>();
  /** Made when it is first asked for. */
  const contentBy = (name: string, make: () => string) => {
    const content = made.get(name) ?? contentOf(make());
    made.set(name, content);
    return content;
  };
  app.get<{ Params: { version: string; '*': string } }>(
    '/pages/:version/*',
    route,
    async (request, reply) => {
      const path = request.params['*'];
      const text = files.get(path);
      const type = TYPES[path.split('.').at(-1) ?? ''];
      if (text === undefined || !type) throw new AppError('route_not_found');
      // Of another version while replicas are being replaced: right for now, and not to be kept.
      const caching = request.params.version === version ? FOR_EVER : 'no-store';
      return sendContent(
        request,
        reply.type(type),
        contentBy(path, () => text),
        caching,
      );
    },
  );

  for (const page of pageNames)
    app.get(`/${page}/`, route, async (request, reply) => {
      const locale = chooseLocale(request.headers['accept-language'], options.default_locale);
      const content = contentBy(`${page}.${locale}`, () => htmlOf(page, locale, files, base, options));
      varyBy(reply, 'accept-language')
        .type('text/html; charset=utf-8')
        .header('content-language', locale)
        .header('content-security-policy', POLICY)
        .header('permissions-policy', 'camera=(), microphone=(), geolocation=()');
      return sendContent(request, reply, content);
    });
}

/** A page with what its browser will need: addresses, texts, and what to fetch at once. */
function htmlOf(
  page: PageName,
  locale: Locale,
  files: ReadonlyMap<string, string>,
  base: string,
  { desk_idle_minutes }: PagesOptions,
): string {
  const texts: Record<string, unknown> = { ...pageTexts(page, locale) };
  const preloads = [...modulesOf(`${page}/main.js`, files), textsOf(page, locale)]
    .map((path) => `<link rel="modulepreload" href="${base}/${path}">`)
    .join('\n');
  const values: Record<string, string> = { base, preloads, idle: String(desk_idle_minutes) };
  const html = (files.get(`${page}.html`) ?? '').replace('lang="en"', `lang="${locale}"`);
  return html.replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => values[name] ?? escapeHtml(String(texts[name])),
  );
}
