import type { Channel } from '../../core/messages.ts';
import { plainSms } from '../../core/sms.ts';
import { type Locale, type MessageTexts, messageTexts, type Words } from '../../i18n/messages/index.ts';

/** Where the reader of a reminder can answer it. */
export interface Links {
  coming: string;
  cancel: string;
  /** Its doctor has still to confirm the visit. */
  pending?: boolean;
}

/** A message as an SMS or a chat shows it. An SMS has room for one link, whose page offers both answers. */
export function withLinks(
  channel: Channel,
  words: Words,
  links: Links | undefined,
  texts: MessageTexts,
): string {
  if (!links) return channel === 'sms' ? words.sms : words.text;
  const { answer, coming, cancel } = labelsOf(links, texts);
  if (channel === 'sms') return plainSms(`${words.sms} ${answer} ${links.coming}`);
  return `${words.text}\n\n${coming}:\n${links.coming}\n\n${cancel}:\n${links.cancel}`;
}

/** Nobody is asked whether they come to what their doctor has still to confirm. */
const labelsOf = ({ pending }: Links, { links }: MessageTexts) => ({
  answer: pending ? links.answer_pending : links.answer,
  coming: pending ? links.coming_pending : links.coming,
  cancel: links.cancel,
});

/** An email as text and as simple HTML that needs nothing from anywhere. */
export function composeEmail(
  words: Words,
  links: Links | undefined,
  locale: Locale,
): { text: string; html: string } {
  const texts = messageTexts(locale);
  const text = `${withLinks('email', words, links, texts)}\n\n-- \n${texts.footer}\n`;
  const button = (href: string, label: string) =>
    `<p><a href="${escapeHtml(href)}" style="display:inline-block;padding:10px 16px;border:1px solid #0b6e4f;border-radius:6px;color:#0b6e4f;text-decoration:none">${escapeHtml(label)}</a></p>`;
  const labels = labelsOf(links ?? { coming: '', cancel: '' }, texts);
  const html = [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(words.title)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1b1b">',
    `<h1 style="font-size:20px;margin:0 0 12px">${escapeHtml(words.title)}</h1><p>${escapeHtml(words.text)}</p>`,
    links ? button(links.coming, labels.coming) + button(links.cancel, labels.cancel) : '',
    `<p style="margin-top:32px;font-size:13px;color:#666">${escapeHtml(texts.footer)}</p></body></html>`,
  ];
  return { text, html: html.join('') };
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
