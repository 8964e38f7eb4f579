/** Comma-separated values as RFC 4180 writes them, for spreadsheets. */

export type Cell = string | number | boolean | null | undefined;

export const CSV_TYPE = 'text/csv';
export const CSV_HEADER = 'text/csv; charset=utf-8; header=present';

/** What a spreadsheet would take for a formula and run; OWASP, CSV Injection. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * One record with its line end. Text that a spreadsheet would run as a formula gets an apostrophe before it, phone numbers
 * with their plus sign too: it shows them as text then.
 */
export const csvRow = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lets a browser save an answer under this name (RFC 6266). */
export const attachment = (name: string): string => `attachment; filename="${name}"`;
