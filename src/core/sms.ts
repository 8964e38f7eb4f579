/** 3GPP TS 23.038: the alphabet of which 160 fit into one SMS, and the signs that count twice in it. */
const GSM = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const GSM_TWICE = new Set('\f^{}\\[~]|€');

const SEGMENT = { gsm7: { one: 160, many: 153 }, ucs2: { one: 70, many: 67 } } as const;

interface SmsSize {
  encoding: 'gsm7' | 'ucs2';
  /** Septets or UTF-16 units. */
  length: number;
  /** How many messages the network makes of it, and the provider charges. */
  segments: number;
}

/** What a text costs as an SMS. */
export function smsSize(text: string): SmsSize {
  const signs = [...text];
  const encoding = signs.every((sign) => GSM.has(sign) || GSM_TWICE.has(sign)) ? 'gsm7' : 'ucs2';
  const length =
    encoding === 'gsm7' ? signs.length + signs.filter((sign) => GSM_TWICE.has(sign)).length : text.length;
  const { one, many } = SEGMENT[encoding];
  return { encoding, length, segments: length <= one ? 1 : Math.ceil(length / many) };
}

/** Signs outside the GSM alphabet that have a plain twin in it; one of them alone would more than halve an SMS. */
const PLAIN: Record<string, string> = {
  ʻ: "'",
  ʼ: "'",
  '‘': "'",
  '’': "'",
  '`': "'",
  '´': "'",
  '“': '"',
  '”': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '′': "'",
  ʹ: "'",
  '‛': "'",
  '‹': "'",
  '›': "'",
  '‚': "'",
  '„': '"',
  '‟': '"',
  '″': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '―': '-',
  '−': '-',
  '№': 'N',
  '•': '*',
  '·': '.',
  '×': 'x',
  '\t': ' ',
  '\u00a0': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  // What nobody sees.
  '\u00ad': '',
  '\u200b': '',
  '\u200c': '',
  '\u200d': '',
  '\u200e': '',
  '\u200f': '',
  '\u2060': '',
  '\ufe0f': '',
  '\ufeff': '',
};
const TWINNED = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');
const ACCENTS = /\p{Script=Latin}\p{M}*/gu;

/** A Latin letter outside the alphabet, without its accents: Karakalpak á ǵ ı ń ó ú, as one writes on a plain phone. */
function bareLetter(letter: string): string {
  const one = letter.normalize('NFC');
  if (GSM.has(one)) return one;
  return one === 'ı' ? 'i' : one.normalize('NFD').replaceAll(/\p{M}/gu, '');
}

/**
 * The same text in the signs that an SMS takes cheapest, such as `'` for the Uzbek ʻ and ʼ, or N for №. Letters lose their
 * accents only where the SMS gains from it: one that holds Cyrillic is long anyway.
 */
export function plainSms(text: string): string {
  const plain = text.replaceAll(TWINNED, (sign) => PLAIN[sign] ?? sign);
  const bare = plain.replaceAll(ACCENTS, bareLetter);
  return smsSize(bare).encoding === 'gsm7' ? bare : plain;
}
