/** How long a code is valid. */
export const CODE_MINUTES = 5;
export const CODE_SECONDS = CODE_MINUTES * 60;
/** The table refuses more, too. */
export const TRIES_MAX = 5;
export const SECONDS_BETWEEN = 60;
