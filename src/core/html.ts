/** The few pages that this API shows to people: plain, without a script, legible on a small phone. */

const STYLE = `
  body { margin: 0; font: 18px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #f6f6f4; }
  main { max-width: 30rem; margin: 0 auto; padding: 2rem 1.25rem; }
  h1 { font-size: 1.35rem; } .visit { font-weight: 600; } footer { margin-top: 3rem; font-size: .8rem; color: #555; }
  button { display: block; width: 100%; margin: .75rem 0; padding: .9rem; font: inherit; border-radius: .5rem;
    border: 2px solid #0b6e4f; background: #0b6e4f; color: #fff; cursor: pointer; }
  button.plain { background: #fff; color: #8a1c1c; border-color: #8a1c1c; }
  button:focus-visible { outline: 3px solid #1b1b1b; outline-offset: 2px; }`;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** @param body as HTML, `style` as CSS that follows the common one; everything else is text */
export function htmlPage({
  locale,
  title,
  heading,
  body,
  footer,
  style = '',
}: {
  locale: string;
  title: string;
  heading: string;
  body: string;
  footer: string;
  style?: string;
}): string {
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
${body}
<footer>${escapeHtml(footer)}</footer>
</main>
</body>
</html>
`;
}
