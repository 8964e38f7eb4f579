import { refTo, type Schema } from './document.ts';

/**
 * Gives the schemas that several others spell out a name of their own, and lets the others refer to it: a patient's
 * profile, a phone number, a wall-clock time. What is shared may itself hold such a schema, so this goes on until nothing
 * is spelled out twice.
 */
export function shareSchemas(schemas: Record<string, Schema>): void {
  for (let repeated = repeatedIn(schemas); repeated.size > 0; repeated = repeatedIn(schemas)) {
    const names = new Map<string, string>();
    for (const [name, schema] of Object.entries(schemas)) refer(schema, name);

    /** Replaces the outermost parts only: what lies within them is counted anew in the next round. */
    function refer(schema: Schema, parent: string): void {
      for (const [key, part, replace] of partsOf(schema, parent)) {
        const { own, shared } = split(part);
        const text = JSON.stringify(shared);
        if (!repeated.has(text)) {
          refer(part, key);
          continue;
        }
        const name = names.get(text) ?? freeName(inPascalCase(key), schemas);
        names.set(text, name);
        schemas[name] = shared;
        replace({ ...own, $ref: refTo(name) });
      }
    }
  }
}

/** A reference, or the name of what it refers to, is about as long as this. */
const REFERENCE = 45;
/** Less is not worth a name of its own. */
const LEAST = 40;

/** The parts of schemas that take less room when they are shared, as JSON. */
function repeatedIn(schemas: Readonly<Record<string, Schema>>): Set<string> {
  const counts = new Map<string, number>();
  const count = (schema: Schema): void => {
    for (const [, part] of partsOf(schema, '')) {
      const text = JSON.stringify(split(part).shared);
      if (part.$ref === undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
      count(part);
    }
  };
  for (const schema of Object.values(schemas)) count(schema);
  const saved = ([text, times]: [string, number]) => (times - 1) * text.length - (times + 1) * REFERENCE;
  return new Set([...counts].filter((one) => saved(one) >= LEAST).map(([text]) => text));
}

/** What an object is in its place may be described there; a single value is what its description says. */
function split({ description, ...shared }: Schema): { own: Schema; shared: Schema } {
  if (description === undefined) return { own: {}, shared };
  return shared.properties
    ? { own: { description }, shared }
    : { own: {}, shared: { ...shared, description } };
}

type Part = [name: string, schema: Schema, replace: (by: Schema) => void];

/** A schema's properties, and what its array holds, each with the name that it would have alone. */
function partsOf(schema: Schema, name: string): Part[] {
  const { properties = {}, items } = schema;
  const parts = Object.entries(properties).map(([key, property]): Part => {
    const replace = (by: Schema) => {
      properties[key] = by;
    };
    return [key, property, replace];
  });
  if (!items) return parts;
  const replaceItems = (by: Schema) => {
    schema.items = by;
  };
  return [...parts, [`${name}_item`, items, replaceItems]];
}

/** `start_time` as `StartTime`. */
const inPascalCase = (name: string) =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A name that no schema has yet: where it is taken, with a number. */
function freeName(name: string, schemas: Readonly<Record<string, Schema>>): string {
  for (let number = 2, free = name; ; number += 1) {
    if (!(free in schemas)) return free;
    free = `${name}.${number}`;
  }
}
