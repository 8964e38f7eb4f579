/** The names of the fields that were given: those with a value, null among them. */
export const namesOf = (fields: object): string[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
