/** The page's language: its texts, and how it writes days, times and money. */

const LANGUAGES = ['uz', 'ru', 'en'];
const root = document.documentElement;
const chosen = localStorage.getItem('language');

/** What the reader chose before, or what the server chose by the browser's languages. */
export const language = LANGUAGES.includes(chosen) ? chosen : root.lang;
root.lang = language;

let texts = {};

/** Loads the texts of a page. Only one language travels. */
export async function loadTexts(page) {
  const loaded = await import(`../texts/${page}.${language}.js`);
  texts = loaded.default;
  // The server has written it, in the language of its own choice.
  document.querySelector('.skip').textContent = t('skip');
}

const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** A text by its name, with `{values}` filled in. */
export const t = (name, values = {}) => fillIn(texts[name], values);

const rules = new Intl.PluralRules(language);
/** A text that depends on how many there are: `{count}` is the number. */
export function many(name, count, values = {}) {
  const forms = texts[name];
  return fillIn(forms[rules.select(count)] ?? forms.other, { count, ...values });
}

/** A text whose name comes from the API, such as a status; the name itself where there is none. */
export const named = (group, name) => texts[group][name] ?? name;

export function chooseLanguage(to) {
  localStorage.setItem('language', to);
  location.reload();
}

const dateOf = (day) => new Date(`${day}T00:00:00Z`);

/** What stands between a day and its month stays on one line. */
const unbroken = (text) => text.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011');

/** @param today the year is told where it is another one */
function inWords(day, today, weekday, months, form) {
  const date = dateOf(day);
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  const parts = { day: date.getUTCDate(), month: months[date.getUTCMonth()], year: day.slice(0, 4) };
  return t(form, {
    weekday: weekday[date.getUTCDay()],
    date: unbroken(t(isThisYear ? 'date' : 'date_of_year', parts)),
  });
}

/** @param day YYYY-MM-DD @returns such as "Tuesday, 1 December" */
export const dayName = (day, today) => inWords(day, today, texts.weekdays, texts.months, 'day');

/** Within a sentence: "today" and "tomorrow" by name, every day with its date. */
export function dayInWords(day, today) {
  const name = dayName(day, today);
  if (day === today) return `${t('today').toLowerCase()}, ${name}`;
  if (day === addDays(today, 1)) return `${t('tomorrow').toLowerCase()}, ${name}`;
  return name;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const dayHeading = (day, today) => capital(dayInWords(day, today));

/** As short as it can be in a list: "today", "tomorrow", "Tue 1 Dec". */
export function shortDay(day, today) {
  if (day === today) return t('today').toLowerCase();
  if (day === addDays(today, 1)) return t('tomorrow').toLowerCase();
  return weekDay(day, today);
}

/** The same for days that are told by their date alone. */
export const weekDay = (day, today) =>
  inWords(day, today, texts.weekdays_short, texts.months_short, 'day_short');

/** A date in figures, such as that of a birth. */
export function dateText(day) {
  const [year, month, date] = day.split('-');
  return t('date_in_figures', { year, month, day: date });
}

/** From Monday on, as short as they are written. */
export const weekdays = () => [...texts.weekdays_short.slice(1), texts.weekdays_short[0]];

export function addDays(day, days) {
  const date = dateOf(day);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** @param amount in minor units, as the API has it */
export function money(amount, currency) {
  const { maximumFractionDigits: digits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  const whole = amount / 10 ** digits;
  const number = new Intl.NumberFormat(language === 'en' ? 'en' : 'ru', {
    minimumFractionDigits: Number.isInteger(whole) ? 0 : digits,
    maximumFractionDigits: digits,
  });
  return unbroken(`${number.format(whole)} ${texts.currencies[currency] ?? currency}`);
}

export const serviceName = ({ name }) => name[language];

/** @returns such as "30 minutes · 150 000 soʻm" */
export const serviceNote = ({ duration_minutes, price, currency }) =>
  [duration_minutes && t('minutes', { count: duration_minutes }), price != null && money(price, currency)]
    .filter(Boolean)
    .join(' · ');

export const personName = ({ first_name, last_name, id }) =>
  [first_name, last_name].filter(Boolean).join(' ') || `№ ${id}`;

/** A phone number of this country as people read it out; another one as it stands. */
export const phoneText = (phone) =>
  phone.replace(/^(\+998)(\d{2})(\d{3})(\d{2})(\d{2})$/, '$1\u00a0$2\u00a0$3\u00a0$4\u00a0$5');

/** An instant as the clinic's clock says it. */
export function wallOf(instant, time_zone) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: time_zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instant);
  const { year, month, day, hour, minute } = Object.fromEntries(
    parts.map(({ type, value }) => [type, value]),
  );
  return { date: `${year}-${month}-${day}`, time: `${hour}:${minute}` };
}
