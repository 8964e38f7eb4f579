import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import { appointmentStatuses, attendances, type Locale, locales } from '../../src/core/words.ts';
import { type CsvColumns, csvTable, separatorText } from '../../src/http/csv.ts';
import { csvWords } from '../../src/i18n/csv.ts';
import { pageTexts } from '../../src/i18n/pages/index.ts';
import { cellsSplitBy, cellsUnquoted, parseCsv, type Separator } from '../helpers/csv.ts';
import { hasPython, pythonJson } from '../helpers/python.ts';

const separators: Separator[] = [',', ';', '\t'];
const clock = createClock('Asia/Tashkent');

interface Row {
  text: string | null;
  number: number | null;
  yes: boolean;
  phone: string | null;
  day: string | null;
  moment: string;
  price: number | null;
}
const columns: CsvColumns<Row> = {
  reason: ({ text }) => text,
  fill_rate: ({ number }) => number,
  is_known: ({ yes }) => yes,
  patient_phone: ({ phone }, write) => write.phone(phone),
  date: ({ day }, write) => write.date(day),
  created_at: ({ moment }, write) => write.moment(moment),
  price: ({ price }, write) => write.price(price, 'UZS'),
};
const row: Row = {
  text: 'Yoʻtal, isitma; «ещё»',
  number: 0.75,
  yes: true,
  phone: '+998901234567',
  day: '2028-03-14',
  // Another day in UTC.
  moment: '2028-03-14T20:05:59.000Z',
  price: 15_000_050,
};

function written(rows: readonly Row[], locale: Locale, separator?: Separator): string {
  const { head, row } = csvTable(columns, { locale, separator, clock });
  return head + rows.map(row).join('');
}
const withText = (text: string): Row => ({ ...row, text });
/** What is written of one text, as a strict reader has it back. */
const cellOf = (text: string, separator: Separator = ',') =>
  parseCsv(written([withText(text)], 'en', separator), separator)[1]?.[0];

describe.each([
  ['en', ',', ['0.75', 'yes', '2028-03-14', '2028-03-15 01:05', '150000.5']],
  ['ru', ';', ['0,75', 'да', '14.03.2028', '15.03.2028 01:05', '150000,5']],
  ['uz', ';', ['0,75', 'ha', '14.03.2028', '15.03.2028 01:05', '150000,5']],
] as const)('a table in %s', (locale, own, [number, yes, day, moment, price]) => {
  test(`has ${own} between its cells where nobody says otherwise`, () => {
    expect(written([row], locale)).toBe(written([row], locale, own));
  });

  test.each(separators)('with %j between its cells reads back whole', (separator) => {
    const { headings } = csvWords[locale];
    const names = Object.keys(columns) as (keyof typeof headings)[];
    expect(parseCsv(written([row], locale, separator), separator)).toEqual([
      names.map((name) => headings[name]),
      [row.text, number, yes, '+998 90 123 45 67', day, moment, price],
    ]);
  });

  test('leaves empty what there is not, and writes whole numbers without a fraction', () => {
    const nothing = { text: null, number: null, yes: false, phone: null, day: null, price: null };
    const rows = [
      { ...row, ...nothing },
      { ...row, number: -3.5, price: 15_000_000 },
    ];
    const [, first, second] = parseCsv(written(rows, locale), own);
    expect(first).toEqual(['', '', csvWords[locale].no, '', '', moment, '']);
    expect(second?.[1]).toBe(locale === 'en' ? '-3.5' : '-3,5');
    expect(second?.at(-1)).toBe('150000');
  });
});

test('prices are in whole units of their currency, however many minor ones that has', () => {
  const money: CsvColumns<[number, string]> = {
    price: ([amount, currency], write) => write.price(amount, currency),
  };
  const table = csvTable(money, { locale: 'ru', clock });
  expect(table.row([1_234, 'KWD'])).toBe('1,234\r\n');
  expect(table.row([1_234, 'JPY'])).toBe('1234\r\n');
  expect(table.row([1_234, 'UZS'])).toBe('12,34\r\n');
});

describe('a phone number', () => {
  test.each([
    ['+998901234567', '+998 90 123 45 67'],
    ['+79161234567', '+7916 123 45 67'],
    ['+12133734253', '+1213 373 42 53'],
    ['+996700123456', '+99670 012 34 56'],
    // As short as there are any, and as long.
    ['+6834002', '+683 40 02'],
    ['+290123', '+29 01 23'],
    ['+123456789012345', '+12345678 901 23 45'],
  ])('%s is shown with its plus and all its digits', (phone, shown) => {
    const cell = parseCsv(written([{ ...row, phone }], 'ru'), ';')[1]?.[3] ?? '';
    expect(cell).toBe(shown);
    expect(cell.replaceAll(' ', '')).toBe(phone);
    // Neither a number in thousands, wherever these are separated by spaces, nor a sum.
    expect(cell).not.toMatch(/^\+\d+( \d{3})*$/);
    expect(cell).toMatch(/^\+\d+( \d+)+$/);
  });
});

describe('what a spreadsheet would run', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+1+1', "'+1+1"],
    ['-1+1', "'-1+1"],
    ['@SUM(1)', "'@SUM(1)"],
    ['＝1+1', "'＝1+1"],
    [' =1', " '=1"],
    ['\u00a0=1', "\u00a0'=1"],
    ['\t=1', "\t'=1"],
    ['+998901234567', "'+998901234567"],
    ['a;=1+1', "a;'=1+1"],
    ['a,=1+1', "a,'=1+1"],
    ['a\t=1+1', "a\t'=1+1"],
    ['a\n=1+1', "a\n'=1+1"],
    ['a; "=1+1"', 'a; "\'=1+1"'],
    ['a;;\r\n @x', "a;;\r\n '@x"],
    ["a;-2+3+cmd|' /C calc'!A0", "a;'-2+3+cmd|' /C calc'!A0"],
    ['a;-5,5+1', "a;'-5,5+1"],
  ])('%j stands as %j', (text, harmless) => {
    for (const separator of separators) expect(cellOf(text, separator)).toBe(harmless);
  });

  test.each([
    'a=1+1',
    "'=1+1",
    'Pain: 5 - 7 of 10, at night',
    'T 36,6; Hb 120',
    'aziza@example.com, or +998901234567',
    'Oʻtkir ogʻriq',
  ])('%j is nothing of that and stays as it is', (text) => {
    for (const separator of separators) expect(cellOf(text, separator)).toBe(text);
  });

  const run = /^[=+\-@＝＋－＠]/;

  test('is in no cell, by whichever separator a spreadsheet splits, with quotes or without', () => {
    const signs = ['=', '+', '-', '@', '＝', ',', ';', '\t', '\r', '\n', '"', "'", ' ', '1', 'a'];
    const text = fc.string({ unit: fc.constantFrom(...signs), maxLength: 12 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...separators), (one, other, separator) => {
        const { row } = csvTable<[string, string]>(
          { reason: ([first]) => first, note: ([, second]) => second },
          { locale: 'en', separator, clock },
        );
        const table = row([one, other]) + row([other, one]);
        for (const by of separators)
          for (const cell of [...cellsSplitBy(by, table), ...cellsUnquoted(by, table)]) {
            const shown = cell.replace(/^[\s"]+/, '');
            expect(shown, JSON.stringify({ one, other, table })).not.toMatch(run);
          }
      }),
      { numRuns: 20_000 },
    );
  });
});

test.skipIf(!hasPython('csv', 'reading our CSV with Python’s'))('a reader of others reads the same', () => {
  const texts = ['a, b; c\td', 'say "yes"', 'two\r\nlines', '=1+1;"=2"', "it's", ''];
  for (const locale of locales)
    for (const separator of separators) {
      const text = written(texts.map(withText), locale, separator);
      const program = `import csv, io, json, sys
text = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8-sig', newline='')
print(json.dumps(list(csv.reader(text, delimiter=${JSON.stringify(separator)}, strict=True))))`;
      expect(pythonJson(program, text)).toEqual(parseCsv(text, separator));
    }
});

test.each([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  [',', ','],
  [';', ';'],
  ['\t', '\t'],
])('separator=%j is %j', (said, separator) => {
  expect(separatorText.parse(said)).toBe(separator);
});

test.each(['', 'Comma', 'pipe', '|', ',,', ' ', 'constructor', 'semicolonx'])(
  'separator=%j is none',
  (said) => {
    expect(separatorText.safeParse(said).success).toBe(false);
  },
);

describe.each(locales)('the words of tables in %s', (locale) => {
  const words = csvWords[locale];
  const headings = Object.entries(words.headings);

  test('have a heading for every column, a text for every status and a word for yes and no', () => {
    expect(Object.keys(words.headings).sort()).toEqual(Object.keys(csvWords.en.headings).sort());
    for (const [name, heading] of headings) {
      expect(heading, name).toMatch(/^\p{Lu}/u);
      expect(heading, name).toBe(heading.trim());
      expect(heading, name).not.toMatch(/[{}]/);
    }
    expect(Object.keys(words.statuses).sort()).toEqual([...appointmentStatuses].sort());
    expect(Object.keys(words.attendances).sort()).toEqual([...attendances].sort());
    expect(words.weekdays).toHaveLength(7);
    expect(words.yes).not.toBe(words.no);
  });

  test('are those of the pages where these have them', () => {
    const {
      statuses,
      attendances: came,
      room,
      state_free,
    } = pageTexts('desk', locale) as unknown as Record<string, unknown>;
    expect(words).toMatchObject({ statuses, attendances: came });
    expect(words.headings).toMatchObject({ room_name: room, is_available: state_free });
  });

  test('are written in its own letters, and nothing was left in English', () => {
    const { room_name: _, ...others } = csvWords.en.headings;
    const texts = [...headings, ['yes', words.yes], ['no', words.no]] as [string, string][];
    if (locale === 'ru') for (const [name, text] of texts) expect(text, name).toMatch(/\p{Script=Cyrillic}/u);
    else
      for (const [name, text] of texts) {
        expect(text, name).not.toMatch(/\p{Script=Cyrillic}/u);
        expect(text, name).not.toMatch(/[a-z]['’‘`][a-z]/i);
      }
    if (locale !== 'en')
      for (const [name, text] of Object.entries(others))
        expect(words.headings[name as keyof typeof others], name).not.toBe(text);
  });

  test('begin no heading with what a spreadsheet would run, or take for a file of its own', () => {
    // A file that begins with ID is one of SYLK for Excel.
    for (const [name, heading] of headings) expect(heading, name).not.toMatch(/^(?:[=+\-@]|ID)/);
  });
});
