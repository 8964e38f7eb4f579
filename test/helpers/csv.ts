export type Separator = ',' | ';' | '\t';

/**
 * Reads CSV as RFC 4180 defines it, strictly: it begins with a byte-order mark, records end with CRLF, quotes are doubled.
 */
export function parseCsv(text: string, separator: Separator = ','): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  if (!text.startsWith('\uFEFF')) throw new Error('it does not begin with a byte-order mark');
  let at = 1;
  while (at < text.length) {
    const [cell, end] = text[at] === '"' ? quoted(text, at) : plain(text, at, separator);
    row.push(cell);
    if (text[end] === separator) at = end + 1;
    else if (text.startsWith('\r\n', end)) {
      rows.push(row);
      row = [];
      at = end + 2;
    } else throw new Error(`no CSV at ${end}: ${text.slice(end, end + 20)}`);
  }
  if (row.length > 0) throw new Error('the last record has no end');
  return rows;
}

function plain(text: string, from: number, separator: Separator): [string, number] {
  const length = text.slice(from).search(new RegExp(`[${separator}\\r\\n"]`));
  if (length < 0) throw new Error('the last record has no end');
  return [text.slice(from, from + length), from + length];
}

function quoted(text: string, from: number): [string, number] {
  const found = /^"((?:[^"]|"")*)"/.exec(text.slice(from));
  if (!found) throw new Error(`a quote without an end at ${from}`);
  return [(found[1] ?? '').replaceAll('""', '"'), from + found[0].length];
}

/**
 * The cells that a spreadsheet makes of a text when it splits by this separator, whichever the text was written with: a cell
 * that begins with a quote goes to the next single one and, whatever follows, to the end of the cell.
 */
export function cellsSplitBy(separator: Separator, text: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let isNew = true;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (isQuoted && sign === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (isQuoted && sign === '"') isQuoted = false;
    else if (isNew && sign === '"') isQuoted = true;
    else if (!isQuoted && (sign === separator || sign === '\r' || sign === '\n')) {
      cells.push(cell);
      cell = '';
      isNew = true;
      continue;
    } else cell += sign;
    isNew = false;
  }
  return [...cells, cell];
}

/** The same of one that knows no quotes. */
export const cellsUnquoted = (separator: Separator, text: string): string[] =>
  text.split(new RegExp(`[${separator}\\r\\n]`));
