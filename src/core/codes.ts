import { CODE_MINUTES } from './messages.ts';

export const CODE_SECONDS = CODE_MINUTES * 60;
/** The table refuses more, too. */
export const MAX_TRIES = 5;
export const SECONDS_BETWEEN = 60;
