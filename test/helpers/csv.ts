/** Reads CSV as RFC 4180 defines it, strictly: records end with CRLF, quotes are doubled. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [cell, end] = text[at] === '"' ? quoted(text, at) : plain(text, at);
    row.push(cell);
    if (text[end] === ',') at = end + 1;
    else if (text.startsWith('\r\n', end)) {
      rows.push(row);
      row = [];
      at = end + 2;
    } else throw new Error(`no CSV at ${end}: ${text.slice(end, end + 20)}`);
  }
  if (row.length > 0) throw new Error('the last record has no end');
  return rows;
}

function plain(text: string, from: number): [string, number] {
  const length = text.slice(from).search(/[,\r\n"]/);
  if (length < 0) throw new Error('the last record has no end');
  return [text.slice(from, from + length), from + length];
}

function quoted(text: string, from: number): [string, number] {
  const found = /^"((?:[^"]|"")*)"/.exec(text.slice(from));
  if (!found) throw new Error(`a quote without an end at ${from}`);
  return [(found[1] ?? '').replaceAll('""', '"'), from + found[0].length];
}
