import { customType } from '../drizzle.ts';

/** A wall-clock time of whole minutes: `HH:MM`, up to `24:00`. */
export const clockTime = customType<{ data: string; driverData: string }>({
  dataType: () => 'time(0)',
  fromDriver: (value) => value.slice(0, 5),
});

const IN_UTC = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/;

/**
 * An instant as the server writes it, in ISO 8601 with milliseconds and `Z`. In sessions of UTC, as ours are, it only has
 * to be put together anew: a sixth of what going through Date takes, and there are two in each appointment.
 */
export function instantOf(text: string): string {
  const parts = IN_UTC.exec(text);
  if (!parts) return new Date(text).toISOString();
  const [, date, time, fraction = ''] = parts;
  return `${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}

/** An instant: ISO 8601 in UTC with `Z`. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: instantOf,
});

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
