/** Longer names are cut where they stand in an SMS. */
const SHORT_NAME = 24;

export const fullName = (first: string | null, last: string | null): string | undefined =>
  [first, last].filter(Boolean).join(' ') || undefined;

/** Such as `J. Yusupov`: whole names would make two SMS of one. */
export function shortName(first: string | null, last: string | null): string | undefined {
  const [given, family] = [first?.trim() ?? '', last?.trim() ?? ''];
  if (!family) return given ? [...given].slice(0, SHORT_NAME).join('') : undefined;
  const initial = given && `${initialOf(given)}. `;
  return initial + [...family].slice(0, SHORT_NAME - initial.length).join('');
}

/** `Oʻ`, `Gʻ`, `Sh` and `Ch` are single letters of the Uzbek alphabet. */
const initialOf = (name: string) => /^(?:[OG][ʻ'‘’`]|Sh|Ch)/iu.exec(name)?.[0] ?? [...name][0] ?? '';
