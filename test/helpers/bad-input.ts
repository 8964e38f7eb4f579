/** Values that clients send by mistake or on purpose, as JSON text: some of them no `JSON.stringify` would write. */
export const literals = {
  number: '1',
  fraction: '1.5',
  negative: '-1',
  minusZero: '-0',
  beyondSafe: '9007199254740993',
  beyondDouble: '1e309',
  true: 'true',
  null: 'null',
  text: '"text"',
  nan: '"NaN"',
  empty: '""',
  blank: '" \\t "',
  nul: '"some\\u0000text"',
  bell: '"some\\u0007text"',
  loneSurrogate: '"some\\ud800text"',
  // A note may have 2,000.
  overlong: `"${'x'.repeat(2_001)}"`,
  sql: '"\' or 1=1; --"',
  list: '[]',
  listOfText: '["text"]',
  object: '{}',
  operator: '{"$gt":""}',
} as const;
export type Literal = keyof typeof literals;

/** Which of these values a kind of field may take; all others must be refused by name. */
export const kinds = {
  text: ['text', 'nan', 'sql'],
  longText: ['text', 'nan', 'sql', 'overlong'],
  textOrNull: ['text', 'nan', 'sql', 'null'],
  username: ['text', 'nan'],
  newPassword: ['sql'],
  password: ['text', 'nan', 'sql', 'nul', 'bell', 'loneSurrogate', 'blank'],
  /** As others write them, and of any length. */
  token: ['text', 'nan', 'sql', 'nul', 'bell', 'loneSurrogate', 'blank', 'overlong'],
  orNull: ['null'],
  flag: ['true'],
  id: ['number'],
  years: ['number', 'minusZero', 'null'],
  object: ['object'],
  /** Whose names are another's to choose. */
  anyObject: ['object', 'operator'],
  channels: ['list', 'null'],
  byKind: ['object'],
  list: ['list'],
  minutes: ['number', 'minusZero'],
  minutesOrNull: ['number', 'minusZero', 'null'],
  flagOrNull: ['true', 'null'],
  countOrNull: ['number', 'null'],
  nothing: [],
} as const satisfies Record<string, readonly Literal[]>;
export type Kind = keyof typeof kinds;

/** Whole bodies that are JSON, but no object. */
export const otherBodies: Record<string, string> = {
  nothing: '',
  null: 'null',
  list: '[]',
  text: '"text"',
  number: '1e309',
  'a nest of 10,000 lists': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
};

/** Whole bodies that are no JSON in UTF-8; what can be read of some of them would pass for a body without fields. */
export const brokenBodies: Record<string, string | Buffer> = {
  'a cut object': '{"username":',
  'a trailing comma': '{"username":"x",}',
  'single quotes': "{'username':'x'}",
  'a bare word': 'undefined',
  'a NUL byte': '\u0000',
  'a byte order mark and a bare word': '\ufeffx',
  'a prototype': '{"__proto__":{"role":"admin"}}',
  'a constructor': '{"constructor":{"prototype":{"role":"admin"}}}',
  '30,000 open lists': '['.repeat(30_000),
  'bad UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  'overlong UTF-8': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'UTF-16': Buffer.from('{"username":"x"}', 'utf16le'),
};

/** What stands where the id should, with the code it is refused with. */
export const badIds: [id: string, code: 'invalid_input' | 'malformed_request' | 'uri_too_long'][] = [
  ['0', 'invalid_input'],
  ['-1', 'invalid_input'],
  ['2147483648', 'invalid_input'],
  ['9007199254740993', 'invalid_input'],
  ['1e400', 'invalid_input'],
  ['1.5', 'invalid_input'],
  // Each record and each page has one address.
  ['1.0', 'invalid_input'],
  ['+1', 'invalid_input'],
  ['%2B1', 'invalid_input'],
  ['01', 'invalid_input'],
  ['-0', 'invalid_input'],
  ['%201', 'invalid_input'],
  ['1%20', 'invalid_input'],
  ['1%0A', 'invalid_input'],
  ['0x1', 'invalid_input'],
  ['0b1', 'invalid_input'],
  ['1e2', 'invalid_input'],
  ['1_0', 'invalid_input'],
  ['true', 'invalid_input'],
  ['abc', 'invalid_input'],
  ['NaN', 'invalid_input'],
  ['1,2', 'invalid_input'],
  ["1'--", 'invalid_input'],
  ['%20', 'invalid_input'],
  ['%00', 'invalid_input'],
  ['..%2F..%2Fetc', 'invalid_input'],
  ['%D9%A1', 'invalid_input'],
  ['%', 'malformed_request'],
  ['%zz', 'malformed_request'],
  ['%C3%28', 'malformed_request'],
  ['%ED%A0%80', 'malformed_request'],
  ['9'.repeat(101), 'uri_too_long'],
];

/** What no number, date, flag or choice of a query can be. */
export const badValues = [
  '',
  'x',
  '-1',
  '1.5',
  '1.0',
  '%2B1',
  '+1',
  '%201',
  '1%0A',
  '01',
  '0x1',
  '1e0',
  'NaN',
  'null',
  '2026-02-30',
  '%00',
  'true&{name}=false',
  '%F0%9F%91%8D',
];
/** Queries whose percent-encoding is broken, wherever in them it stands. */
export const brokenQueries = ['{name}=%', '{name}=%zz', '{name}=%C3%28', '%FF={name}', 'any=%E0%A4%A'];
