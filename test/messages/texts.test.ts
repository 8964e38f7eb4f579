import { describe, expect, test } from 'vitest';
import { CODE_MINUTES } from '../../src/core/codes.ts';
import { type MessageKind, messageKinds, visitKinds } from '../../src/core/messages.ts';
import { type CodePurpose, codePurposes, type Locale, locales } from '../../src/core/words.ts';
import { messageTexts } from '../../src/i18n/index.ts';
import type { MessageFacts, VisitFacts } from '../../src/modules/notifications/texts/facts.ts';
import { withLinks } from '../../src/modules/notifications/texts/links.ts';
import { smsSize } from '../../src/modules/notifications/texts/sms.ts';
import { writeMessage } from '../../src/modules/notifications/texts/write.ts';

/** What is known beside the visit, where a text says more. */
const PARAMS: Partial<Record<MessageKind, Record<string, string>>> = {
  moved: { from_date: '2030-09-12', from_time: '09:00', status: 'pending' },
  called_off: { alternatives: '2030-09-15 10:30 12', doctors: '12' },
  closed: { alternatives: '2030-09-15 10:30 12,2030-09-16 09:00 12', doctors: '12' },
  absence: { alternatives: '2030-09-15 10:30 12,2030-09-16 09:00 12,2030-09-15 11:00 15', doctors: '12,15' },
  waitlist_offer: { until: '2030-09-01 19:00' },
};
type Names = readonly [
  doctor_first: string,
  doctor_last: string,
  patient_first: string,
  patient_last: string,
];
/** As long as names usually are, with the signs of Uzbek; other languages are tried with these. */
const names: { uz: Names } & Partial<Record<Locale, Names>> = {
  uz: ['Jasur', 'Yusupov', 'Gʻulomjon', 'Yoʻldoshev'],
  ru: ['Жасур', 'Юсупов', 'Аслиддин', 'Рахматуллаев'],
  en: ['Jasur', 'Yusupov', 'Aziza', 'Karimova'],
};
const namesIn = (locale: Locale): Names => names[locale] ?? names.uz;

function factsOf(kind: MessageKind, role: 'patient' | 'doctor', locale: Locale, more = {}): MessageFacts {
  const [doctor_first_name, doctor_last_name, patient_first_name, patient_last_name] = namesIn(locale);
  return {
    kind,
    role,
    visit: {
      date: '2030-09-14',
      start_time: '10:00',
      doctor_first_name,
      doctor_last_name,
      patient_first_name,
      patient_last_name,
      cancel_reason: 'Kongress',
      doctors: { 12: [doctor_first_name, doctor_last_name], 15: [doctor_first_name, doctor_last_name] },
    },
    params: PARAMS[kind] ?? {},
    happened: { date: '2030-09-01', time: '18:45:00' },
    today: '2030-09-01',
    code: '482913',
    ...more,
  };
}

/** A patient's message, with something else about its visit. */
function aboutVisit(locale: Locale, kind: MessageKind, visit: Partial<VisitFacts>): MessageFacts {
  const facts = factsOf(kind, 'patient', locale);
  return { ...facts, visit: facts.visit && { ...facts.visit, ...visit } };
}

const sides = (kind: MessageKind): readonly ('patient' | 'doctor')[] =>
  kind in visitKinds ? visitKinds[kind as keyof typeof visitKinds] : ['doctor'];

interface Case {
  locale: Locale;
  kind: MessageKind;
  role: 'patient' | 'doctor';
  purpose: CodePurpose | undefined;
}

const every = locales.flatMap((locale) =>
  messageKinds.flatMap((kind): Case[] =>
    kind === 'code'
      ? codePurposes.map((purpose) => ({ locale, kind, role: 'patient' as const, purpose }))
      : sides(kind).map((role) => ({ locale, kind, role, purpose: undefined })),
  ),
);

/** With what the longest reminder carries: a link of 51 signs. */
const LINK = 'https://clinic.uz/api/visits/AbCdEfGhIjKlMnOpQrStUv/';

describe('each SMS', () => {
  const sizes = every.map(({ locale, kind, role, purpose }) => {
    const words = writeMessage(locale, factsOf(kind, role, locale, purpose ? { params: { purpose } } : {}));
    const links = kind === 'reminder' ? { coming: LINK, cancel: LINK } : undefined;
    const text = words ? withLinks('sms', words, links, messageTexts(locale)) : '';
    return { name: [locale, kind, purpose ?? role].join(' '), locale, kind, text, ...smsSize(text) };
  });

  test('has its length shown in the log', () => {
    const line = ({ name, encoding, length, segments, text }: (typeof sizes)[number]) =>
      `${name.padEnd(28)} ${encoding} ${String(length).padStart(3)} ${segments}  ${text}`;
    process.stdout.write(`${sizes.map(line).join('\n')}\n`);
    expect(sizes.length).toBeGreaterThanOrEqual(locales.length * 30);
  });

  test.each(sizes)('$name fits', ({ locale, kind, encoding, segments, text }) => {
    // Latin goes into the GSM alphabet, so into one; Cyrillic never does, and a link takes 51 of its 70 signs.
    expect(encoding).toBe(locale === 'ru' ? 'ucs2' : 'gsm7');
    expect(segments, text).toBe(locale === 'ru' && kind === 'reminder' ? 2 : 1);
    expect(text).not.toMatch(/undefined|null|[{}]/);
  });
});

describe('a visit that its doctor has still to confirm', () => {
  test.each(locales)('is spoken of as such in %s, and nobody is asked to come', (locale) => {
    const { links, page } = messageTexts(locale);
    const pending = writeMessage(
      locale,
      factsOf('reminder', 'patient', locale, { params: { status: 'pending' } }),
    );
    const sure = writeMessage(
      locale,
      factsOf('reminder', 'patient', locale, { params: { status: 'confirmed' } }),
    );
    if (!pending || !sure) throw new Error('nothing to say');
    const told = { coming: LINK, cancel: LINK, pending: true };
    const sms = withLinks('sms', pending, told, messageTexts(locale));
    process.stdout.write(`${pending.title}\n${pending.text}\n${sms}\n${smsSize(sms).segments}\n`);
    for (const name of ['title', 'text', 'sms'] as const) expect(pending[name]).not.toBe(sure[name]);
    const known: Partial<Record<Locale, RegExp>> = {
      uz: /hali tasdiqla[mn]/i,
      ru: /не подтвер/i,
      en: /not confirmed/i,
    };
    const not = known[locale];
    if (not) for (const text of [pending.text, pending.sms, page.pending]) expect(text).toMatch(not);
    for (const shown of [sms, withLinks('telegram', pending, told, messageTexts(locale))])
      for (const invites of [links.answer, links.coming]) expect(shown).not.toContain(invites);
    expect(smsSize(sms).segments).toBe(locale === 'ru' ? 2 : 1);
  });

  test.each(locales)('that was moved has its new time called unconfirmed in %s, by SMS too', (locale) => {
    const of = (status: string) => {
      const params = { ...PARAMS.moved, status };
      return writeMessage(locale, factsOf('moved', 'patient', locale, { params }));
    };
    expect(of('pending')?.sms).not.toBe(of('confirmed')?.sms);
    expect(smsSize(of('pending')?.sms ?? '').segments).toBe(1);
    expect(smsSize(of('confirmed')?.sms ?? '').segments).toBe(1);
  });
});

test.each(locales)(
  'a passkey that was added is told apart from an account elsewhere, in one SMS, in %s',
  (locale) => {
    const of = (params: Record<string, string>) =>
      writeMessage(locale, factsOf('identity_linked', 'patient', locale, { params }));
    const [passkey, elsewhere] = [of({ what: 'passkey' }), of({})];
    for (const part of ['title', 'text', 'sms'] as const) expect(passkey?.[part]).not.toBe(elsewhere?.[part]);
    expect(smsSize(passkey?.sms ?? '').segments).toBe(1);
  },
);

test.each(every)(
  '$locale $kind for a $role says what it should, and nothing medical',
  ({ locale, kind, role, purpose }) => {
    const params = { ...PARAMS[kind], ...(purpose ? { purpose } : { device: 'Firefox, Linux' }) };
    const facts = factsOf(kind, role, locale, { params });
    const words = writeMessage(locale, facts);
    expect(words).toBeDefined();
    const all = `${words?.title} ${words?.text} ${words?.sms}`;
    expect(all).not.toMatch(/undefined|null|[{}]|Invalid|NaN/);
    expect(all.toLowerCase()).not.toMatch(/kardiolog|кардиолог|cardio|diagnos|диагноз|tashxis/);
    if (kind === 'code') {
      expect(words?.sms).toContain('482913');
      expect(words?.text).toContain(String(CODE_MINUTES));
    } else if (kind in visitKinds) {
      const [doctorFirst, doctorLast, patientFirst, patientLast] = namesIn(locale);
      const name = role === 'doctor' ? `${patientFirst} ${patientLast}` : `${doctorFirst} ${doctorLast}`;
      expect(words?.text).toContain(name);
      expect(all).toContain('10:00');
      // The reason is told where there is room and nobody else looks on.
      expect(words?.text.includes('Kongress')).toBe(['cancelled', 'declined', 'called_off'].includes(kind));
      expect(words?.sms).not.toContain('Kongress');
    }
  },
);

describe('dates', () => {
  const when = (locale: Locale, date: string) => {
    const text = writeMessage(locale, aboutVisit(locale, 'reminder', { date }))?.text ?? '';
    return /(?:yozilgansiz|врачу: Жасур Юсупов|Yusupov)[:,] (.*)\./.exec(text)?.[1];
  };

  test('are written as each language writes them', () => {
    expect(when('uz', '2030-03-12')).toBe('12-mart, seshanba, soat 10:00');
    expect(when('ru', '2030-03-12')).toBe('вторник, 12 марта, 10:00');
    expect(when('en', '2030-03-12')).toBe('Tuesday 12 March, 10:00');
  });

  test('have their year where it is another one', () => {
    expect(when('uz', '2031-01-05')).toBe('2031-yil 5-yanvar, yakshanba, soat 10:00');
    expect(when('ru', '2031-01-05')).toBe('воскресенье, 5 января 2031 г., 10:00');
    expect(when('en', '2031-01-05')).toBe('Sunday 5 January 2031, 10:00');
  });

  test('have the names of months and weekdays that this Node’s ICU has', () => {
    for (const [locale, tag] of [
      ['uz', 'uz-Latn-UZ'],
      ['ru', 'ru-RU'],
      ['en', 'en-GB'],
    ] as const)
      for (let month = 0; month < 12; month += 1) {
        const instant = Date.UTC(2030, month, 3 + month);
        const date = new Date(instant).toISOString().slice(0, 10);
        const options = { timeZone: 'UTC', day: 'numeric', month: 'long' } as const;
        const icu = new Intl.DateTimeFormat(tag, options).format(instant);
        const weekday = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', weekday: 'long' }).format(instant);
        expect(when(locale, date)).toContain(icu);
        expect(when(locale, date)).toContain(weekday);
      }
  });
});

test.each(every)('$locale $kind for a $role has no two full stops, in another year either', (one) => {
  const { locale, kind, role } = one;
  const params = { ...PARAMS[kind], ...(one.purpose && { purpose: one.purpose }) };
  for (const whose of [null, ['Madina', 'Karimova'] as const]) {
    const words = writeMessage(locale, factsOf(kind, role, locale, { params, whose, today: '2029-12-20' }));
    expect(`${words?.title}\n${words?.text}\n${words?.sms}`).not.toMatch(/\.\./);
  }
});

test('a name that is missing or long, or begins with a letter of two signs, does not break a text', () => {
  const sms = (doctor_first_name: string | null, doctor_last_name: string | null) =>
    writeMessage('uz', aboutVisit('uz', 'booked', { doctor_first_name, doctor_last_name }))?.sms;
  expect(sms('Oʻtkir', 'Gʻulomov')).toContain("shifokor O'. G'ulomov.");
  expect(sms('Shahnoza', 'Choriyeva')).toContain('shifokor Sh. Choriyeva.');
  expect(sms(null, null)).toContain("(ismi ko'rsatilmagan)");
  expect(sms('Jasur', null)).toContain('shifokor Jasur.');
  expect(smsSize(sms('X'.repeat(100), 'Y'.repeat(100)) ?? '').segments).toBe(1);
});

test('a sign outside the SMS alphabet makes the SMS no longer, and the other channels keep it', () => {
  for (const name of ['Poliklinika №5', '«Shifo» – 24', 'Dáwletov Ǵayrat']) {
    const words = writeMessage(
      'uz',
      aboutVisit('uz', 'booked', { doctor_first_name: name, doctor_last_name: null }),
    );
    const plain = writeMessage(
      'uz',
      aboutVisit('uz', 'booked', { doctor_first_name: 'Aziza', doctor_last_name: null }),
    );
    expect(smsSize(words?.sms ?? '')).toMatchObject({
      encoding: 'gsm7',
      segments: smsSize(plain?.sms ?? '').segments,
    });
    expect(words?.text).toContain(name);
  }
});

test('the size of an SMS follows 3GPP TS 23.038', () => {
  expect(smsSize('a'.repeat(160))).toEqual({ encoding: 'gsm7', length: 160, segments: 1 });
  expect(smsSize('a'.repeat(161))).toEqual({ encoding: 'gsm7', length: 161, segments: 2 });
  expect(smsSize('€'.repeat(80))).toEqual({ encoding: 'gsm7', length: 160, segments: 1 });
  expect(smsSize('ʻ'.repeat(70))).toEqual({ encoding: 'ucs2', length: 70, segments: 1 });
  expect(smsSize('я'.repeat(71))).toEqual({ encoding: 'ucs2', length: 71, segments: 2 });
  expect(smsSize('я'.repeat(135)).segments).toBe(3);
});
