/** From this age on somebody acts for themself. */
export const ADULT = 18;

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const inYear = (year: number, rest: string) => `${String(year).padStart(4, '0')}${rest}`;

/**
 * The day on which somebody becomes so many years old: whoever was born on 29 February does so on 1 March, where the year
 * has no such day.
 * @param born YYYY-MM-DD
 */
export function birthdayOf(born: string, years: number): string {
  const year = Number(born.slice(0, 4)) + years;
  const rest = born.slice(4);
  return rest === '-02-29' && !isLeap(year) ? inYear(year, '-03-01') : inYear(year, rest);
}

/** The latest day of birth of those who are so many years old by a day: whoever was born after it is younger. */
export function bornBy(day: string, years: number): string {
  const year = Number(day.slice(0, 4)) - years;
  const rest = day.slice(4);
  return rest === '-02-29' && !isLeap(year) ? inYear(year, '-02-28') : inYear(year, rest);
}

/** The latest day of birth of those who are of age by a day. */
export const adultsBornBy = (day: string): string => bornBy(day, ADULT);
