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

/** @param day YYYY-MM-DD @returns such as "Tuesday, 1 December" */
export function dayName(day) {
  const date = dateOf(day);
  return t('day', {
    weekday: texts.weekdays[date.getUTCDay()],
    day: date.getUTCDate(),
    month: texts.months[date.getUTCMonth()],
  });
}

/** "Today" and "tomorrow" by name, every day with its date. */
export function dayHeading(day, today) {
  const name = dayName(day);
  if (day === today) return `${t('today')}, ${name}`;
  if (day === addDays(today, 1)) return `${t('tomorrow')}, ${name}`;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** As short as it can be in a list: "today", "tomorrow", "Tue 1 Dec". */
export function shortDay(day, today) {
  if (day === today) return t('today').toLowerCase();
  if (day === addDays(today, 1)) return t('tomorrow').toLowerCase();
  const date = dateOf(day);
  return t('day_short', {
    weekday: texts.weekdays_short[date.getUTCDay()],
    day: date.getUTCDate(),
    month: texts.months_short[date.getUTCMonth()],
  });
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
  const number = new Intl.NumberFormat(language === 'en' ? 'en' : 'ru', { maximumFractionDigits: digits });
  return `${number.format(amount / 10 ** digits)} ${texts.currencies[currency] ?? currency}`;
}

export const serviceName = ({ name }) => name[language];

/** @returns such as "30 minutes · 150 000 soʻm" */
export const serviceNote = ({ duration_minutes, price, currency }) =>
  [duration_minutes && t('minutes', { count: duration_minutes }), price != null && money(price, currency)]
    .filter(Boolean)
    .join(' · ');

export const personName = ({ first_name, last_name, id }) =>
  [first_name, last_name].filter(Boolean).join(' ') || `№ ${id}`;

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
