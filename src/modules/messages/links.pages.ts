import { fullName, type Locale, messageTexts, whenOf } from '../../i18n/messages/index.ts';
import { type LinkState, timeShown } from './links.service.ts';
import { escapeHtml } from './messages.composition.ts';

const STYLE = `
  body { margin: 0; font: 18px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #f6f6f4; }
  main { max-width: 30rem; margin: 0 auto; padding: 2rem 1.25rem; }
  h1 { font-size: 1.35rem; } .visit { font-weight: 600; } footer { margin-top: 3rem; font-size: .8rem; color: #555; }
  button { display: block; width: 100%; margin: .75rem 0; padding: .9rem; font: inherit; border-radius: .5rem;
    border: 2px solid #0b6e4f; background: #0b6e4f; color: #fff; cursor: pointer; }
  button.plain { background: #fff; color: #8a1c1c; border-color: #8a1c1c; }
  button:focus-visible { outline: 3px solid #1b1b1b; outline-offset: 2px; }`;

/** What the page's address is answered with, by what became of its link. */
export const statusOf = ({ state }: LinkState): number =>
  ({ unknown: 404, over: 410 })[state as string] ?? 200;

/**
 * The page behind a link: it asks before anything happens, and says afterwards how things stand. One form without a
 * script, which posts to its own address.
 */
export function visitPage(found: LinkState, locale: Locale, today: string): string {
  const { page } = messageTexts(locale);
  if (found.state === 'unknown') return html(locale, page.title, `<p>${escapeHtml(page.unknown)}</p>`);
  const { link, state } = found;
  const doctor = fullName(link.doctor_first_name, link.doctor_last_name);
  const visit = [whenOf(locale, link, today), doctor && `${page.doctor} ${doctor}`]
    .filter(Boolean)
    .join(', ');
  const isPending = link.status === 'pending' && state !== 'over' && state !== 'too_late';
  const pending = isPending ? `<p>${escapeHtml(page.pending)}</p>` : '';
  const shown = `<p class="visit">${escapeHtml(visit)}</p>${pending}`;
  if (state === 'ask_coming' || state === 'ask_cancel') {
    const yes = `<button name="answer" value="coming">${escapeHtml(isPending ? page.yes_pending : page.yes)}</button>`;
    const no = `<button name="answer" value="cancel" class="plain">${escapeHtml(page.cancel)}</button>`;
    const seen = `<input type="hidden" name="seen" value="${escapeHtml(timeShown(link))}">`;
    const form = `<form method="post">${seen}${state === 'ask_coming' ? yes : ''}${found.late ? '' : no}</form>`;
    const late = found.late ? `<p>${escapeHtml(page.too_late)}</p>` : '';
    const heading = isPending && state === 'ask_coming' ? page.ask_coming_pending : page[state];
    return html(locale, heading, shown + form + late);
  }
  const status = isPending && state === 'coming' ? page.coming_pending : page[state];
  return html(locale, page.title, `${shown}<p role="status">${escapeHtml(status)}</p>`);
}

/** Where something went wrong on our side. */
export function failurePage(locale: Locale): string {
  const { page } = messageTexts(locale);
  return html(locale, page.title, `<p role="alert">${escapeHtml(page.failed)}</p>`);
}

function html(locale: Locale, heading: string, body: string): string {
  const { page } = messageTexts(locale);
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
${body}
<footer>${escapeHtml(page.footer)}</footer>
</main>
</body>
</html>
`;
}
