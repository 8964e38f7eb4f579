import { escapeHtml } from '../../../core/html.ts';
import type { Channel, Locale } from '../../../core/words.ts';
import { messageTexts } from '../../../i18n/index.ts';
import type { MessageTexts, Words } from '../../../i18n/messages/texts.ts';
import { plainSms } from './sms.ts';

/** Where the reader of a reminder can answer it. */
export interface Answers {
  coming: string;
  cancel: string;
  /** The doctor has not confirmed the visit yet, so nobody is asked whether they come. */
  pending?: boolean;
}

/** `stop` leads to where the reader takes back what somebody else may have done. */
export type Links = Answers | { stop: string };

/** Where a visit is answered without signing in. @param site without a slash at the end */
export const answerAddress = (site: string, token: string): string => `${site}/api/visits/${token}/`;

/** As many signs as the token of such a link has. */
const TOKEN_LENGTH = 22;

/** What follows the words of an SMS that has a link. */
const endingOf = ({ label, href }: Labelled): string => ` ${label} ${href}`;

/** The ending of a reminder’s SMS, as long as it will be. */
export const reminderEnding = (site: string, pending: boolean, texts: MessageTexts): string => {
  const address = answerAddress(site, '-'.repeat(TOKEN_LENGTH));
  return endingOf(shortest({ coming: address, cancel: address, pending }, texts));
};

interface Labelled {
  href: string;
  label: string;
}

/** Each link with its label. */
function labelled(links: Links, { links: labels }: MessageTexts): Labelled[] {
  if ('stop' in links) return [{ href: links.stop, label: labels.stop }];
  return [
    { href: links.coming, label: links.pending ? labels.coming_pending : labels.coming },
    { href: links.cancel, label: labels.cancel },
  ];
}

/** The one link that an SMS has room for. */
function shortest(links: Links, { links: labels }: MessageTexts): Labelled {
  if ('stop' in links) return { href: links.stop, label: labels.stop_short };
  return { href: links.coming, label: links.pending ? labels.answer_pending : labels.answer };
}

/** A message as an SMS or a chat shows it. An SMS has room for one link, and the page behind it offers both answers. */
export function withLinks(
  channel: Channel,
  words: Words,
  links: Links | undefined,
  texts: MessageTexts,
): string {
  if (!links) return channel === 'sms' ? words.sms : words.text;
  if (channel === 'sms') return plainSms(words.sms + endingOf(shortest(links, texts)));
  return [words.text, ...labelled(links, texts).map(({ href, label }) => `${label}:\n${href}`)].join('\n\n');
}

/** An email as text and as simple HTML that loads nothing. */
export function composeEmail(
  words: Words,
  links: Links | undefined,
  locale: Locale,
): { text: string; html: string } {
  const texts = messageTexts(locale);
  const text = `${withLinks('email', words, links, texts)}\n\n-- \n${texts.footer}\n`;
  const button = (href: string, label: string) =>
    `<p><a href="${escapeHtml(href)}" style="display:inline-block;padding:10px 16px;border:1px solid #0b6e4f;border-radius:6px;color:#0b6e4f;text-decoration:none">${escapeHtml(label)}</a></p>`;
  const html = [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(words.title)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1b1b">',
    `<h1 style="font-size:20px;margin:0 0 12px">${escapeHtml(words.title)}</h1><p>${escapeHtml(words.text).replaceAll('\n', '<br>')}</p>`,
    links
      ? labelled(links, texts)
          .map(({ href, label }) => button(href, label))
          .join('')
      : '',
    `<p style="margin-top:32px;font-size:13px;color:#666">${escapeHtml(texts.footer)}</p></body></html>`,
  ];
  return { text, html: html.join('') };
}
