import type { MessageTexts } from '../../../i18n/messages/texts.ts';

type Dates = Pick<MessageTexts, 'dates'>;

/** Such as `10-mart, seshanba, soat 10:00`. */
export const longWhen = ({ dates }: Dates, date: string, time: string, today: string): string =>
  dates.at(dates.long(partsOf(date, today)), time);

/** Such as `10-mart 10:00`. */
export const shortWhen = ({ dates }: Dates, date: string, time: string, today: string): string =>
  dates.at_short(dates.short(partsOf(date, today)), time);

/** Such as `10-mart, seshanba`. */
export const longDay = ({ dates }: Dates, date: string, today: string): string =>
  dates.long(partsOf(date, today));

/** Such as `10-mart`. */
export const shortDay = ({ dates }: Dates, date: string, today: string): string =>
  dates.short(partsOf(date, today));

/** @param date YYYY-MM-DD: a day of the calendar and no instant, so that no time zone can move it */
function partsOf(date: string, today: string) {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { day, month: month - 1, weekday, year: date.slice(0, 4) === today.slice(0, 4) ? undefined : year };
}
