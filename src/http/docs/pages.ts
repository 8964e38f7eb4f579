import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TITLE } from '../openapi/openapi.ts';

/** What is our own of the documentation's two pages. */

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b7a75"/>' +
  '<path d="M13 6h6v7h7v6h-7v7h-6v-7H6v-6h7z" fill="#fff"/></svg>';

/** Swagger UI is made for wide screens: on a phone, what stands side by side is put one below the other. */
export const SWAGGER_STYLES = `body { margin: 0; background: #fafafa; }
.swagger-ui .responses-table .response-col_links { display: none !important; }
/* The address that the page would have asked, had it been left to itself: see withPart. */
.swagger-ui .info .main > a { display: none; }
.swagger-ui .parameters-col_name { padding-right: 12px; }
/* The page has no dark colours of its own: turned round, with the hues as they were, it has. */
@media (prefers-color-scheme: dark) {
  html { background: #16181a; }
  body { background: #e9e7e5; filter: invert(1) hue-rotate(180deg); }
  .swagger-ui .microlight, .swagger-ui .highlight-code { filter: invert(1) hue-rotate(180deg); }
}
.provider-answer { margin: 0; padding: 12px 20px; background: #fde8e8; color: #7a1212; font-family: sans-serif; }
.swagger-ui .providers .btn { margin: 12px 12px 0 0; }
@media (max-width: 640px) {
  .swagger-ui .wrapper, .swagger-ui .opblock-tag-section .opblock-body { padding-inline: 8px; }
  .swagger-ui .info { margin-block: 24px; }
  .swagger-ui .scheme-container .servers > label { display: block; }
  .swagger-ui .scheme-container .servers > label select {
    box-sizing: border-box; width: 100%; min-width: 0; max-width: 100%; margin: 0;
  }
  .swagger-ui .info table { table-layout: fixed; width: 100%; }
  .swagger-ui .info :is(td, th, td code) { overflow-wrap: anywhere; }
  .swagger-ui .opblock-tag { flex-wrap: wrap; padding-inline: 0; }
  .swagger-ui .opblock-tag small { padding-inline: 0; }
  .swagger-ui .opblock .opblock-summary-path { max-width: none; }
  .swagger-ui .responses-inner, .swagger-ui .opblock-description-wrapper { padding: 12px 4px; }
  .swagger-ui :is(.parameters, .responses-table) > :is(thead, tbody) > tr > :is(td, th) {
    display: block; box-sizing: border-box; width: auto; max-width: 100%; padding: 4px 0;
  }
  .swagger-ui :is(.parameters, .responses-table) > thead { display: none; }
  .swagger-ui :is(.parameters, .response) :is(input, select, textarea) {
    box-sizing: border-box; width: 100%; min-width: 0; max-width: 100%;
  }
  .swagger-ui .response-col_status { font-weight: bold; }
  .swagger-ui .response-control-media-type, .swagger-ui .examples-select { max-width: 100%; padding: 0; }
}
`;

export const SWAGGER_SCRIPTS = Object.fromEntries(
  ['references.js', 'page.js'].map((name) => [
    name,
    readFileSync(join(import.meta.dirname, 'static', name), 'utf8'),
  ]),
);

const REDOC_THEME = JSON.stringify({
  typography: {
    fontFamily: 'system-ui, sans-serif',
    headings: { fontFamily: 'system-ui, sans-serif' },
  },
});

export const REDOC_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${TITLE} · Reference</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
    <style>body { margin: 0; }</style>
  </head>
  <body>
    <redoc spec-url="/api/schema/?samples=true" hide-download-buttons json-sample-expand-level="all" required-props-first
      theme='${REDOC_THEME}'></redoc>
    <script src="/api/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;
