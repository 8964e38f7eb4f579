import { escapeHtml, htmlPage } from '../../../core/html.ts';
import type { Locale } from '../../../core/words.ts';
import { messageTexts } from '../../../i18n/index.ts';
import type { UndoState } from './undo.service.ts';

/** What the page's address is answered with. */
export const statusOf = ({ state }: UndoState): number => ({ over: 410, taken: 409 })[state as string] ?? 200;

/** The page behind the link in a message about a changed contact: it asks before anything happens. */
export function undoPage(found: UndoState, locale: Locale): string {
  const { undo_page: page } = messageTexts(locale);
  const html = (heading: string, body: string) =>
    htmlPage({ locale, title: page.title, heading, body, footer: page.footer });
  if (found.state !== 'ask') return html(page.title, `<p role="status">${escapeHtml(page[found.state])}</p>`);
  const form = `<form method="post"><button>${escapeHtml(page.yes)}</button></form>`;
  return html(page.ask[found.change.contact], `<p>${escapeHtml(page.explain)}</p>${form}`);
}

/** Where something went wrong on our side. */
export function failurePage(locale: Locale): string {
  const { page, undo_page } = messageTexts(locale);
  const body = `<p role="alert">${escapeHtml(page.failed)}</p>`;
  return htmlPage({
    locale,
    title: undo_page.title,
    heading: undo_page.title,
    body,
    footer: undo_page.footer,
  });
}
