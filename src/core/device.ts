/** Where a request comes from, as far as it says. */
export interface Origin {
  address: string | undefined;
  device: string | undefined;
  /** The seconds for which the address has to wait, since too much from it has failed; those whom it knows need not. */
  held?: number | undefined;
}

const LONGEST = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** What a device calls itself, fit to be stored and shown: no control characters, 200 characters at most. */
export function deviceOf(userAgent: string | undefined): string | undefined {
  const text = userAgent?.replace(CONTROL, ' ').trim().slice(0, LONGEST).toWellFormed().trim();
  return text || undefined;
}

// The first that fits counts: most browsers name others too, and Android phones name Linux.
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
];

/** A few words for a message: `Chrome, Android`, or a program's own name, such as `okhttp`. */
export function describeDevice(device: string | undefined): string {
  const named = (list: typeof PROGRAMS) => list.find(([pattern]) => pattern.test(device ?? ''))?.[1];
  const known = [named(PROGRAMS), named(SYSTEMS)].filter((name) => name !== undefined);
  if (known.length > 0) return known.join(', ');
  return /^[\w.-]{1,30}/.exec(device ?? '')?.[0] ?? '?';
}
