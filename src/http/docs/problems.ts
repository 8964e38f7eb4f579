import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode, errorStatus } from '../../core/errors.ts';
import { escapeHtml } from '../../core/html.ts';
import { type Locale, locales } from '../../core/words.ts';
import { chooseLocale, errorText } from '../../i18n/index.ts';
import { adviceFor } from '../../i18n/problems/advice.ts';
import { problemTexts } from '../../i18n/problems/index.ts';
import { varyBy } from '../accept.ts';
import { Public } from '../guards.ts';
import { PROBLEM_PAGES } from '../problem.ts';
import { ICON } from './pages.ts';

/**
 * A page for each error code, to which a problem's `type` leads: what it means, when it comes, what to do, and which
 * operations may answer with it. `?lang=` goes before the reader's own languages.
 */
export async function problemPages(app: FastifyInstance, { default_locale }: { default_locale: Locale }) {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, turn: 'none' };
  });
  const codes = Object.keys(errorStatus).sort() as ErrorCode[];
  const operations = (code: ErrorCode) =>
    [...app.documentedRoutes].filter(([, { errors }]) => errors.includes(code)).map(([route]) => route);

  const send = (request: FastifyRequest, reply: FastifyReply, write: (locale: Locale) => string) => {
    const { lang } = request.query as { lang?: unknown };
    const chosen = locales.find((locale) => locale === lang);
    const locale = chosen ?? chooseLocale(request.headers['accept-language'], default_locale);
    return varyBy(reply, 'accept-language')
      .type('text/html; charset=utf-8')
      .header('content-language', locale)
      .header('cache-control', 'no-cache')
      .send(write(locale));
  };

  app.get(
    `${PROBLEM_PAGES}/`,
    { preHandler: Public, schema: { hide: true }, logLevel: 'warn' },
    async (request, reply) => send(request, reply, (locale) => listPage(codes, locale)),
  );

  app.get(
    `${PROBLEM_PAGES}/:code/`,
    { preHandler: Public, schema: { hide: true }, logLevel: 'warn' },
    async (request, reply) => {
      const { code } = request.params as { code: string };
      const known = codes.find((one) => one === code);
      if (known === undefined) throw new AppError('route_not_found');
      return send(request, reply, (locale) => problemPage(known, operations(known), locale));
    },
  );
}

/** Of several operations with one code the first ones are enough to see where it belongs. */
const SHOWN = 25;

/** Text with `code` between backticks. */
const marked = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

function problemPage(code: ErrorCode, routes: readonly string[], locale: Locale): string {
  const { title, detail } = errorText(locale, code);
  const texts = problemTexts[locale];
  const part = (heading: string, text: string) => `<h2>${escapeHtml(heading)}</h2>\n<p>${marked(text)}</p>`;
  const listed = routes.slice(0, SHOWN).map((route) => `<li><code>${escapeHtml(route)}</code></li>`);
  const others = routes.length > SHOWN ? ['<li>…</li>'] : [];
  return page(locale, title, [
    `<p class="code"><code>${code}</code> · ${escapeHtml(texts.status)} ${errorStatus[code]}</p>`,
    part(texts.meaning, detail),
    part(texts.comes, texts.when[code]),
    part(texts.todo, texts.advice[adviceFor(code)]),
    ...(listed.length === 0
      ? []
      : [`<h2>${escapeHtml(texts.operations)}</h2>\n<ul>${[...listed, ...others].join('\n')}</ul>`]),
    `<p><a href="${PROBLEM_PAGES}/?lang=${locale}">${escapeHtml(texts.all)}</a></p>`,
  ]);
}

const listPage = (codes: readonly ErrorCode[], locale: Locale): string =>
  page(locale, problemTexts[locale].all, [
    `<table>${codes
      .map(
        (code) =>
          `<tr><td>${errorStatus[code]}</td><td><a href="${PROBLEM_PAGES}/${code}/?lang=${locale}"><code>${code}</code></a></td>` +
          `<td>${escapeHtml(errorText(locale, code).title)}</td></tr>`,
      )
      .join('\n')}</table>`,
  ]);

const names: Record<Locale, string> = { uz: 'Oʻzbekcha', ru: 'Русский', en: 'English' };

const page = (locale: Locale, title: string, parts: readonly string[]) => `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-bottom: .25rem; } h2 + p { margin-top: 0; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
</style>
</head>
<body>
<nav>${locales.map((one) => `<a href="?lang=${one}" hreflang="${one}" lang="${one}">${names[one]}</a>`).join(' · ')}</nav>
<main>
<h1>${escapeHtml(title)}</h1>
${parts.join('\n')}
</main>
</body>
</html>
`;
