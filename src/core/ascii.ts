/**
 * One way of writing a user name or an email: the letters A to Z in lower case, every other sign as it is. User names and
 * emails are ASCII. Of other letters JavaScript and PostgreSQL do not agree (`İ` is `i̇` to one and `i` to the other), so
 * whatever is compared in both is folded here, and the database is asked for what comes out.
 */
export const foldAscii = (text: string): string =>
  text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether two ways of writing mean the same user name or email. */
export const isSameName = (one: string, other: string): boolean => foldAscii(one) === foldAscii(other);

export const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
