const PART = Number(process.env.SIZE ?? 0.2);

/** Whether everything is looked at, also what takes minutes and seldom breaks alone. */
export const isWhole = PART >= 1;

/**
 * How much of something large a test looks at, rows for the most part: a fifth in `npm test`, so that a landing does not wait
 * for minutes until a table is filled, and all of it in `npm run test:long`, which sets SIZE=1.
 * @param whole how many there are at full size
 */
export const sized = (whole: number): number => Math.round(whole * PART);
