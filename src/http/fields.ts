import { z } from 'zod';
import { isCommonPassword } from '../core/common-passwords.ts';
import { demo } from '../core/demo.ts';
import { type CountryCode, toE164 } from '../core/phone.ts';
import { photoOf } from '../core/photos.ts';
import { roles } from '../core/roles.ts';
import { genders, locales } from '../core/words.ts';
import { documented } from './openapi/documented.ts';
import { issue, wholeText } from './zod.ts';

/** The fields that several modules share: bounded, described and with an example, defined once. */

const ID_MAX = 2_147_483_647;
const INSTANT = '2028-03-01T09:30:00.000Z';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused; line breaks and tabs may stay
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Neither control characters nor half a surrogate pair, which would be stored as a replacement character. */
const isPlain = (value: string) => !CONTROL.test(value) && value.isWellFormed();

/** Text as people write it: trimmed, without control characters. */
export const text = (max: number) =>
  z.string().trim().min(1).max(max).refine(isPlain, issue('invalid_characters'));

/** Text to look for; empty, it looks for nothing. */
export const filterText = z.string().trim().max(100).refine(isPlain, issue('invalid_characters'));

/** With an id of its own in the document: it stands there fifty times. */
export const id = z.int().min(1).max(ID_MAX).meta({ id: 'Id' });
/** An id in a path or a query string. */
export const idText = wholeText(1, ID_MAX);
/** The `{id}` of a path. */
export const idParams = (description: string, example: number) =>
  z.object({ id: idText.meta({ description, examples: [example] }) });

export const PHOTO_EXAMPLE = photoOf('4f1c9a3be07d5268a1f0c4e79b3d6825') as { small: string; large: string };
const photoAddress = (description: string) =>
  z.string().meta({ description, format: 'uri-reference', maxLength: 100 });
export const photo = documented(
  z.object({
    small: photoAddress('For a list: at most 160 pixels wide and high.'),
    large: photoAddress('For a page of its own: at most 640 pixels wide and high.'),
  }),
  {
    id: 'Photo',
    description:
      'Where a doctor’s photo is, below this server: WebP, for everybody, to be kept for ever. A new photo has a new address.',
    examples: { photo: { summary: 'Both sizes', value: PHOTO_EXAMPLE } },
  },
);
/** `?branch=` of lists. */
export const branchText = idText.meta({ description: 'Only this branch’s.', examples: [demo.branch.id] });

/** Where hours are, in a body. */
export const hoursPlace = {
  branch: id.optional().meta({
    description:
      'Where it is. Left out, it is the clinic’s only active branch; where there are several, the only one in which the ' +
      'doctor has hours or slots ahead.',
    examples: [demo.branch.id],
  }),
  room: id
    .nullable()
    .default(null)
    .meta({ description: 'The room of that branch that the doctor has in it.', examples: [demo.room.id] }),
};

export const role = z.enum(roles);
export const gender = z.enum(genders);
export const locale = z.enum(locales);

export const firstName = text(100).meta({ examples: ['Aziza'] });
export const lastName = text(100).meta({ examples: ['Karimova'] });
export const email = z
  .email()
  .max(254)
  .meta({ examples: ['aziza@example.uz'] });
export const specialization = text(100).meta({ examples: ['Kardiolog'] });
export const experienceYears = z
  .int()
  .min(0)
  .max(80)
  .meta({ examples: [demo.doctor.experience_years] });

/** 3 to 50 letters, digits, dots, dashes and underscores, a letter first: never a phone number nor an email. */
export const username = z
  .string()
  .trim()
  .refine((value) => /^[a-z][a-z0-9._-]{2,49}$/i.test(value), issue('invalid_username'))
  .meta({
    description: 'Unique whatever its case: 3 to 50 Latin letters, digits, `.`, `-`, `_`, a letter first.',
    minLength: 3,
    maxLength: 50,
    pattern: '^[A-Za-z][A-Za-z0-9._-]{2,49}$',
    examples: ['aziza.karimova'],
  });

/** bcrypt reads 72 bytes and ignores the rest: more is refused, never cut. */
export const newPassword = z
  .string()
  .refine((value) => {
    const bytes = Buffer.byteLength(value);
    return bytes >= 10 && bytes <= 72;
  }, issue('password_length'))
  .refine((value) => !isCommonPassword(value), issue('password_common'))
  // Half a surrogate pair would be hashed as a replacement character, which any other half would fit.
  .refine((value) => !value.includes('\0') && value.isWellFormed(), issue('invalid_characters'))
  .meta({
    description:
      '10 to 72 bytes of UTF-8, which is as many Latin letters; neither the user name nor one of the commonest passwords.',
    format: 'password',
    maxLength: 72,
    examples: ['a-long-quiet-river'],
  });

/**
 * What shows that it is the account's owner who gives up a confirmed contact, beside an access token, which may be stolen.
 * Either will do; neither is needed where no confirmed contact is given up.
 */
export const ownerProof = {
  password: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .meta({
      description:
        'My password, where a confirmed phone or email is replaced or emptied, or a Telegram chat.',
      format: 'password',
      examples: ['a-long-quiet-river'],
    }),
  proof_code: z
    .string()
    .trim()
    .regex(/^\d{6}$/)
    .optional()
    .meta({
      description:
        'Instead of the password: the six digits that were sent to the contact confirmed so far, by ' +
        '`/api/auth/phone/prove/` or `/api/auth/email/prove/`.',
      minLength: 6,
      maxLength: 6,
      examples: ['730184'],
    }),
};

/** Any form in which people write a phone number; kept as E.164. */
export const phone = (country: CountryCode) =>
  z
    .string()
    .max(32)
    // Before the transformation: that is what comes in.
    .meta({
      description: `Any usual form; without a country code it is taken as a number of ${country}. Stored as E.164.`,
      examples: ['90 123-45-67', '+998901234567'],
    })
    .transform((value, context) => {
      const number = toE164(value, country);
      if (number === undefined)
        context.issues.push({ code: 'custom', input: value, continue: true, ...issue('invalid_phone') });
      return number ?? z.NEVER;
    });

/** A date of the calendar, from year 1900 to 9999. */
export const date = z.iso
  .date()
  .refine((value) => value >= '1900', issue('invalid_date'))
  .meta({ maxLength: 10, examples: [demo.day] });

const [FIRST_INSTANT, LAST_INSTANT] = [
  Date.parse('1900-01-01T00:00:00Z'),
  Date.parse('9999-12-31T23:59:59.999Z'),
];

/** A moment, in UTC or with its offset, from year 1900 to 9999 of UTC: the database knows no more figures. */
export const instant = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine((value) => {
    const at = Date.parse(value);
    return at >= FIRST_INSTANT && at <= LAST_INSTANT;
  }, issue('invalid_date'));

/** A wall-clock time of whole minutes up to 24:00; `HH:MM:SS` is taken too, with seconds of zero. */
export const clockTime = z
  .string()
  .refine((value) => /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)(?::00)?$/.test(value), issue('invalid_time'))
  .meta({
    description: 'The clinic’s wall clock, `HH:MM` (or `HH:MM:00`); `24:00` ends the day.',
    maxLength: 8,
    pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)(:00)?$',
    examples: ['10:00'],
  })
  .transform((value) => value.slice(0, 5));

/** The same fields as they stand in answers. What `meta` says of them holds by what was let in; it is not checked again. */
export const out = {
  id,
  username: z.string().meta({ maxLength: 50, examples: ['aziza.karimova'] }),
  name: z.string().nullable().meta({ maxLength: 100 }),
  email: z
    .string()
    .nullable()
    .meta({ format: 'email', maxLength: 254, examples: ['aziza@example.uz'] }),
  specialization: z
    .string()
    .nullable()
    .meta({ description: 'Null until the doctor fills it in.', maxLength: 100, examples: ['Kardiolog'] }),
  experienceYears: z
    .int()
    .meta({ minimum: 0, maximum: 80, examples: [demo.doctor.experience_years] })
    .nullable(),
  photo: photo.nullable(),
  date: z.string().meta({ id: 'Date', format: 'date', maxLength: 10, examples: [demo.day] }),
  time: z.string().meta({
    id: 'ClockTime',
    description: 'The clinic’s wall clock, `HH:MM`.',
    pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
    maxLength: 5,
    examples: ['10:00'],
  }),
  instant: z.string().meta({
    id: 'Instant',
    description: 'UTC.',
    format: 'date-time',
    maxLength: 24,
    examples: [INSTANT],
  }),
  /** Where a slot, or a stretch of a week, is. */
  branch: id.meta({ description: 'The branch’s id.', examples: [demo.branch.id] }),
  room: id
    .nullable()
    .meta({ description: 'The id of the room that the doctor has in it; null without one.' }),
  approvedAt: z
    .string()
    .nullable()
    .meta({
      description:
        'When an admin let them in, or they were in at once; null while they wait, listed and bookable for nobody.',
      format: 'date-time',
      maxLength: 24,
      examples: [INSTANT],
    }),
  phone: z
    .string()
    .nullable()
    .meta({
      description: 'E.164.',
      maxLength: 16,
      pattern: '^\\+[1-9][0-9]{1,14}$',
      examples: ['+998901234567'],
    }),
};

/** A doctor and a patient where something else names them. */
export const doctorBrief = z
  .object({ id, first_name: out.name, last_name: out.name, specialization: out.specialization })
  .meta({ id: 'DoctorBrief', description: 'A doctor, as other records name them.' });
export const patientBrief = z
  .object({ id, first_name: out.name, last_name: out.name, phone: out.phone })
  .meta({ id: 'PatientBrief', description: 'A patient, as other records name them.' });

/** One text in each language of the house. */
export const translated = (max: number) => z.object({ uz: text(max), ru: text(max), en: text(max) });
const told = (max: number) => {
  const one = z.string().meta({ maxLength: max });
  return z.object({ uz: one, ru: one, en: one });
};
export const outTranslated = {
  name: told(200).meta({ id: 'TranslatedName', description: 'A name in each language of the clinic.' }),
  text: told(4_000).meta({ id: 'TranslatedText', description: 'A text in each language of the clinic.' }),
};

/** What nothing counted here reaches, and JavaScript still tells from its neighbours. */
export const COUNT_MAX = 10 ** 15;
/** A whole number that may be large. */
export const count = z.int().min(0).max(COUNT_MAX).meta({ format: 'int64' });

const PRICE_MAX = 1_000_000_000_000;
/** What something costs, in minor units. */
export const price = z.int().min(0).max(PRICE_MAX).meta({ format: 'int64' });
export const outPrice = {
  price: z
    .int()
    .nullable()
    .meta({
      description: 'In minor units of the currency (tiyin for UZS); null where none is told beforehand.',
      format: 'int64',
      minimum: 0,
      maximum: PRICE_MAX,
      examples: [15_000_000],
    }),
  currency: z
    .string()
    .nullable()
    .meta({ description: 'ISO 4217; null without a price.', maxLength: 3, examples: ['UZS'] }),
};

/** A service as a visit keeps it. */
export const agreedService = z.object({ id, name: outTranslated.name, ...outPrice }).meta({
  id: 'AgreedService',
  description: 'The service of a visit: its name and its price as they were when it was booked.',
});

/** What somebody comes for, in a body. */
export const serviceWanted = id.optional().meta({
  description:
    'What for: a service of the doctor, from `/api/services/`. One that lasts longer than the slot takes the slots that ' +
    'follow as well, all of them or none. Left out, it is one slot.',
  examples: [1],
});

/** A yes or no in a query string. */
export const flagText = z
  .enum(['true', 'false'])
  .meta({ type: 'boolean', enum: undefined, examples: [true] })
  .transform((value) => value === 'true');

/** Several values of a list's filter in one parameter, with commas between them. @param example two of them */
export const severalOf = <Values extends Readonly<Record<string, string>>>(
  one: z.ZodEnum<Values>,
  example: readonly Values[keyof Values][],
) => {
  const most = one.options.length;
  const all = z.array(one).min(1).max(most);
  return z
    .string()
    .max(1_000)
    .meta({
      type: 'array',
      maxLength: undefined,
      items: { type: 'string', enum: one.options },
      minItems: 1,
      maxItems: most,
      examples: [example],
    })
    .transform((text, context) => {
      const values = all.safeParse([...new Set(text.split(','))]);
      if (values.success) return values.data;
      const params = { values: one.options.join(', ') };
      context.issues.push({ code: 'custom', input: text, ...issue('invalid_choice', undefined, params) });
      return z.NEVER;
    });
};

/** `?date=` and `?from=&to=` of lists; both ends are included. */
export const dateFilters = {
  date: date.optional().meta({ description: 'Only this day.' }),
  from: date.optional().meta({ description: 'This day and later.' }),
  to: date
    .optional()
    .meta({ description: 'This day and earlier; not before `from`.', examples: ['2028-03-31'] }),
};

interface DateFilters {
  date?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** A range the right way round. */
export const orderedRange = <Shape extends z.ZodType<DateFilters>>(schema: Shape) =>
  schema.refine(({ from, to }) => !from || !to || from <= to, issue('range_reversed', 'to'));

/** As many words are looked for together. */
export const WORDS_MAX = 6;

/** What people type into a search box; each word must be found. An empty box searches for nothing. */
export const searchText = filterText
  .meta({ examples: ['yusupov'] })
  .transform((value) => value.split(/\s+/).filter(Boolean))
  .refine((words) => words.length <= WORDS_MAX, issue('too_many_words'));
