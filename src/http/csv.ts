import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Locale } from '../core/words.ts';
import { type CsvColumn, type CsvWords, csvWords } from '../i18n/csv.ts';
import { issue } from './zod.ts';

/**
 * Tables that people open in a spreadsheet: comma-separated values as RFC 4180 writes them, in the reader's language and
 * the clinic's time. Programs read the JSON beside it.
 */

export const CSV_TYPE = 'text/csv';
const CSV_HEADER = 'text/csv; charset=utf-8; header=present';

/** By it Excel knows that the text is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

const separators = { comma: ',', semicolon: ';', tab: '\t' } as const;
type Separator = (typeof separators)[keyof typeof separators];
const byName: ReadonlyMap<string, Separator> = new Map([
  ...Object.entries(separators),
  ...Object.values(separators).map((one) => [one, one] as const),
]);

/** `?separator=` of what also comes as CSV. */
export const separatorText = z
  .string()
  .max(9)
  .meta({
    description:
      'Of CSV, what stands between two cells: `comma`, `semicolon` or `tab`, or the character itself. By default what ' +
      'spreadsheets in the reader’s language take: `,` in English, `;` in Uzbek and Russian.',
    pattern: '^(comma|semicolon|tab|[,;\\t])$',
    examples: ['semicolon'],
  })
  .transform((text, context) => {
    const separator = byName.get(text);
    if (separator !== undefined) return separator;
    const values = Object.keys(separators).join(', ');
    context.issues.push({ code: 'custom', input: text, ...issue('invalid_choice', undefined, { values }) });
    return z.NEVER;
  })
  .optional();

/** For whom a table is written. */
export interface CsvReader {
  locale: Locale;
  /** What stands between two cells, where the reader has said so. */
  separator?: Separator | undefined;
  clock: Pick<Clock, 'wallOf'>;
}

/** Text that no spreadsheet runs, whatever it begins with. */
interface Harmless {
  harmless: string;
}
type Cell = string | number | boolean | Harmless | null | undefined;

/** How a column writes what is no plain text, and in which words. Nothing is written where there is nothing. */
interface Writer {
  locale: Locale;
  words: CsvWords;
  /** @param day YYYY-MM-DD */
  date: (day: string | null | undefined) => Cell;
  /** @param instant as answers have it, in UTC */
  moment: (instant: string) => Cell;
  /** @param stored E.164 */
  phone: (stored: string | null | undefined) => Cell;
  /** @param amount in minor units */
  price: (amount: number | null | undefined, currency: string | null | undefined) => Cell;
}

/** The columns of a table, in their order: each is named by its heading, and reads its cell from a row. */
export type CsvColumns<Row> = Partial<Record<CsvColumn, (row: Row, write: Writer) => Cell>>;

/**
 * A table as text: what stands before its rows, and each row.
 * @returns records with their line ends; `head` begins with a byte-order mark
 */
export function csvTable<Row>(columns: CsvColumns<Row>, reader: CsvReader) {
  const words = csvWords[reader.locale];
  const { separator = words.separator } = reader;
  const write = writerFor(reader, words);
  const record = (cells: readonly Cell[]) =>
    `${cells.map((cell) => cellText(cell, words, separator)).join(separator)}\r\n`;
  const reads = Object.values(columns);
  const names = Object.keys(columns) as CsvColumn[];
  return {
    head: BYTE_ORDER_MARK + record(names.map((name) => words.headings[name])),
    row: (row: Row) => record(reads.map((read) => read(row, write))),
  };
}

function writerFor({ locale, clock }: CsvReader, words: CsvWords): Writer {
  const minor = new Map<string, number>();
  /** How many minor units are a whole one. Kept: to ask costs more than to write a row. */
  function minorUnits(currency: string): number {
    const format = () => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    const units = minor.get(currency) ?? 10 ** (format().maximumFractionDigits ?? 0);
    minor.set(currency, units);
    return units;
  }
  const date = (day: string) => {
    const [year = '', month = '', of_month = ''] = day.split('-');
    return words.date.replace('{year}', year).replace('{month}', month).replace('{day}', of_month);
  };
  return {
    locale,
    words,
    date: (day) => day && date(day),
    moment(instant) {
      const wall = clock.wallOf(new Date(instant));
      return `${date(wall.date)} ${wall.time.slice(0, 5)}`;
    },
    phone: (stored) => stored && phoneCell(stored),
    price: (amount, currency) => (amount == null || currency == null ? null : amount / minorUnits(currency)),
  };
}

/**
 * A phone number as people read it out, `+998 90 123 45 67`, so that its plus and its digits are shown. In one piece it is a
 * number for Excel, Calc and Sheets: it runs nothing, but loses its plus and is shown as 9.98901E+11. An apostrophe before it
 * is shown too. With spaces it is text: where a space separates thousands, as in Russian and Uzbek, it would be a number only
 * if every group had three digits (`parseSimpleNumber` of LibreOffice), and the last one has two.
 */
function phoneCell(stored: string): Cell {
  const uzbek = /^(\+998)(\d\d)(\d{3})(\d\d)(\d\d)$/;
  const groups = uzbek.exec(stored) ?? /^(\+\d+?)(\d{3})?(\d\d)(\d\d)$/.exec(stored);
  return groups ? { harmless: groups.slice(1).filter(Boolean).join(' ') } : stored;
}

function cellText(cell: Cell, { yes, no, decimal }: CsvWords, separator: Separator): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'boolean') return cell ? yes : no;
  if (typeof cell === 'number') {
    const text = String(cell).replace('.', decimal);
    // Quotes would make text of it where a spreadsheet is told to take quoted cells for text.
    return text.includes(separator) ? `"${text}"` : text;
  }
  const text = typeof cell === 'string' ? guarded(cell) : cell.harmless;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The places in a text where a cell may begin that a spreadsheet would run as a formula (OWASP, CSV Injection): its own
 * beginning and, since a spreadsheet may split by another separator than the file has and takes no heed of quotes within a
 * cell then, what follows on any separator or line break, blanks and quotes aside. It looks back from each such sign, so that
 * a long run of blanks is not read once for each of them.
 */
const FORMULA = /(?=[=+\-@＝＋－＠])(?<=(?:^|[,;\t\r\n])[\s"]*)/g;

/** With an apostrophe before each of these places, which makes it text. */
const guarded = (text: string): string => text.replace(FORMULA, "'");

/** Lets a browser save an answer under this name (RFC 6266). */
export const attachment = (name: string): string => `attachment; filename="${name}"`;

/** Says of an answer that it is a table in this language, to be saved under this name. */
export const asCsvFile = (reply: FastifyReply, locale: Locale, name: string): FastifyReply =>
  reply
    .header('content-type', CSV_HEADER)
    .header('content-language', locale)
    .header('content-disposition', attachment(name));

/** What an answer as CSV is, for the document. */
export const csvText = (maxLength: number, example: string) =>
  z.string().meta({
    description:
      'For a spreadsheet (RFC 4180), in the language of `Accept-Language` and the clinic’s time. Programs read the JSON: ' +
      'headings and words may change.',
    maxLength,
    examples: [example],
  });
