import { escapeHtml, htmlPage } from '../../../core/html.ts';
import type { Locale } from '../../../core/words.ts';
import { type DayWords, dayWords } from '../../../i18n/day.ts';
import type { Day } from './day.service.ts';

type Entry = Day['entries'][number];

const STYLE = `
  body { background: #fff; } main { max-width: none; padding: 1rem; } table { border-collapse: collapse; width: 100%; font-size: .8rem; }
  th, td { border: 1px solid #999; padding: .25rem .4rem; text-align: left; vertical-align: top; } th { background: #eee; }
  td.time { white-space: nowrap; } tr.free td { color: #555; } tr { break-inside: avoid; } thead { display: table-header-group; }
  @media print { main { padding: 0; } footer { margin-top: 1rem; } }`;

const cell = (text: string | null | undefined, kind = '') =>
  `<td${kind && ` class="${kind}"`}>${escapeHtml(text ?? '')}</td>`;

function rowOf(
  { start_time, end_time, room_name, is_available, appointment }: Entry,
  words: DayWords,
  locale: Locale,
) {
  const time = cell(`${start_time}–${end_time}`, 'time');
  if (!appointment) {
    const state = is_available ? words.free : '';
    return `<tr class="free">${time}<td colspan="7">${escapeHtml(state)}</td>${cell(room_name)}</tr>`;
  }
  const { patient, status, attendance, service, reason, note } = appointment;
  const name = [patient.last_name, patient.first_name].filter(Boolean).join(' ') || `№ ${patient.id}`;
  const marks = [patient.is_known ? '' : words.is_new, patient.reachable ? '' : words.unreachable];
  const who = [name, ...marks.filter(Boolean).map((mark) => `(${mark})`)].join(' ');
  const state = attendance ? words.attendances[attendance] : words.statuses[status];
  const cells = [
    who,
    patient.phone,
    patient.date_of_birth,
    state,
    service?.name[locale],
    reason,
    note,
    room_name,
  ];
  return `<tr>${time}${cells.map((text) => cell(text)).join('')}</tr>`;
}

/** A doctor's day to print: one table, no script, nothing loaded. */
export function dayPage({ date, doctor, entries }: Day, locale: Locale): string {
  const words = dayWords[locale];
  const { time, patient, phone, born, status, service, reason, note, room } = words;
  const heads = [time, patient, phone, born, status, service, reason, note, room];
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const name = [doctor.last_name, doctor.first_name].filter(Boolean).join(' ') || `№ ${doctor.id}`;
  const rows = entries.map((entry) => rowOf(entry, words, locale)).join('\n');
  const table = `<table><thead><tr>${head}</tr></thead><tbody>\n${rows}\n</tbody></table>`;
  return htmlPage({
    locale,
    title: `${words.title} ${date}`,
    heading: [date, name, doctor.specialization].filter(Boolean).join(', '),
    body: entries.length > 0 ? table : `<p>${escapeHtml(words.nothing)}</p>`,
    footer: words.footer,
    style: STYLE,
  });
}
