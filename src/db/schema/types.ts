import { customType } from '../drizzle.ts';

/** A wall-clock time of whole minutes: `HH:MM`, up to `24:00`. */
export const clockTime = customType<{ data: string; driverData: string }>({
  dataType: () => 'time(0)',
  fromDriver: (value) => value.slice(0, 5),
});

/** An instant: ISO 8601 in UTC with `Z`. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: (value) => new Date(value).toISOString(),
});

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
