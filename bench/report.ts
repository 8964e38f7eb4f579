/** Words and tables: the same text goes to the terminal and into RESULTS.md. */

export const say = (line = '') => void process.stdout.write(`${line}\n`);

const BAR = 30;

/** How far something is: a bar where somebody watches, a line at each tenth where nobody does. */
export function progress(title: string) {
  const { stdout } = process;
  let tenth = -1;
  return {
    tell(done: number, what: string) {
      const percent = `${Math.floor(done * 100)} %`.padStart(5);
      if (stdout.isTTY) {
        const filled = Math.round(done * BAR);
        stdout.write(`\r${title} ${'█'.repeat(filled)}${'·'.repeat(BAR - filled)} ${percent} ${what}\x1b[K`);
      } else if (Math.floor(done * 10) > tenth) {
        tenth = Math.floor(done * 10);
        say(`${title} ${percent} ${what}`);
      }
    },
    end: () => void (stdout.isTTY && stdout.write('\r\x1b[K')),
  };
}

/** Figures as people read them: three digits where they are small, whole numbers where they are not. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const percent = (part: number) => `${Math.round(part * 100)} %`;

/** A Markdown table whose columns stand under one another; what looks like a figure stands to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const isFigure = head.map((_, at) => rows.every((row) => /^[\d.,\s%×–<≥yesno-]*$/.test(row[at] ?? '')));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (isFigure[at] ? (cells[at] ?? '').padStart(width) : (cells[at] ?? '').padEnd(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (isFigure[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
