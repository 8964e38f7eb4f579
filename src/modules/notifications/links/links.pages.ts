import { escapeHtml, htmlPage } from '../../../core/html.ts';
import type { Locale } from '../../../core/words.ts';
import { messageTexts } from '../../../i18n/index.ts';
import { longWhen } from '../texts/dates.ts';
import { fullName } from '../texts/names.ts';
import { type LinkState, timeShown } from './links.service.ts';

/** The status of the page, by what became of its link. */
export const statusOf = ({ state }: LinkState): number =>
  ({ unknown: 404, over: 410 })[state as string] ?? 200;

/**
 * The page behind a link. It asks before anything happens, and says afterwards how things stand. It has one form and no
 * script; the form posts to its own address.
 */
export function visitPage(found: LinkState, locale: Locale, today: string): string {
  const texts = messageTexts(locale);
  const { page } = texts;
  if (found.state === 'unknown') return html(locale, page.title, `<p>${escapeHtml(page.unknown)}</p>`);
  const { link, state } = found;
  const doctor = fullName(link.doctor_first_name, link.doctor_last_name);
  const when = longWhen(texts, link.date, link.start_time, today);
  const patient = link.whose && fullName(...link.whose);
  const visit = [patient, when, doctor && `${page.doctor} ${doctor}`].filter(Boolean).join(', ');
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

/** The page for an error. */
export function failurePage(locale: Locale): string {
  const { page } = messageTexts(locale);
  return html(locale, page.title, `<p role="alert">${escapeHtml(page.failed)}</p>`);
}

function html(locale: Locale, heading: string, body: string): string {
  const { page } = messageTexts(locale);
  return htmlPage({ locale, title: page.title, heading, body, footer: page.footer });
}
