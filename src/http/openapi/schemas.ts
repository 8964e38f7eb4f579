import type { Document, Schema } from './document.ts';
import { refTo } from './document.ts';

/** What the generator leaves to be tidied in the schemas of a document. */

const INT32 = 2_147_483_647;
const LISTS = ['anyOf', 'oneOf', 'allOf'] as const;

/** Tidies a schema and all within it, in place. */
export function tidySchema(schema: Schema): void {
  for (const list of LISTS) for (const part of (schema[list] as Schema[] | undefined) ?? []) tidySchema(part);
  for (const property of Object.values(schema.properties ?? {})) tidySchema(property);
  if (schema.items) tidySchema(schema.items);
  delete schema.$schema;
  if (schema[CLOSED]) {
    delete schema[CLOSED];
    schema.additionalProperties = false;
  }
  // Answers may gain fields; a client that refuses those it does not know would break.
  else delete schema.additionalProperties;
  // Where a format says it, the regular expression behind it only makes the document hard to read.
  if (schema.format !== undefined) delete schema.pattern;
  uniteNull(schema);
  if (includes(schema.type, 'integer') && schema.maximum !== undefined)
    schema.format = schema.maximum <= INT32 ? 'int32' : 'int64';
}

/** Marks the objects of requests, in which nothing unknown may stand, through all that is done to a document. */
const CLOSED = 'closed_object';

function close(schema: Schema): void {
  for (const list of LISTS) for (const part of (schema[list] as Schema[] | undefined) ?? []) close(part);
  for (const property of Object.values(schema.properties ?? {})) close(property);
  if (schema.items) close(schema.items);
  if (schema.properties) schema[CLOSED] = true;
}

const includes = (type: Schema['type'], name: string) => [type].flat().includes(name);

/** `anyOf: [{ type: 'integer', … }, { type: 'null' }]` as people write it: `type: ['integer', 'null'], …`. */
function uniteNull(schema: Schema): void {
  // A nullable union is a union in a union.
  if (schema.anyOf) schema.anyOf = schema.anyOf.flatMap((part) => part.anyOf ?? [part]);
  const [some, none, ...others] = schema.anyOf ?? [];
  if (typeof some?.type !== 'string' || none?.type !== 'null' || others.length > 0) return;
  delete schema.anyOf;
  const { type, enum: values, ...rest } = some;
  Object.assign(
    schema,
    { type: [type, 'null'], ...(values && { enum: [...values, null] }) },
    { ...rest, ...schema },
  );
}

/**
 * Every named schema comes twice from the generator, `Name` for answers and `NameInput` for requests: drops those that
 * nothing names, and lets the request's be `Name` too where no answer says otherwise. What it says of objects differs:
 * a request must not hold unknown fields.
 */
export function uniteTwins(document: Document): Document {
  for (const [name, schema] of Object.entries(document.components.schemas))
    if (name.endsWith('Input')) close(schema);
  const pruned = prune(document);
  const { schemas } = pruned.components;
  const names = new Map<string, string>();
  for (const name of Object.keys(schemas).filter((key) => key.endsWith('Input'))) {
    const plain = name.slice(0, -'Input'.length);
    if (!(plain in schemas) || JSON.stringify(schemas[plain]) === JSON.stringify(schemas[name]))
      names.set(name, plain);
  }
  const plainRef = (name: string) => JSON.stringify(refTo(names.get(name) ?? name));
  const united = JSON.parse(
    Object.keys(schemas).reduce(
      (text, name) => text.replaceAll(JSON.stringify(refTo(name)), plainRef(name)),
      JSON.stringify(pruned),
    ),
  ) as Document;
  united.components.schemas = Object.fromEntries(
    Object.entries(united.components.schemas).map(([name, schema]) => [names.get(name) ?? name, schema]),
  );
  return united;
}

function prune(document: Document): Document {
  let before = document;
  for (;;) {
    const text = JSON.stringify(before);
    const named = Object.entries(before.components.schemas).filter(([name]) =>
      text.includes(`"${refTo(name)}"`),
    );
    if (named.length === Object.keys(before.components.schemas).length) return before;
    before = { ...before, components: { ...before.components, schemas: Object.fromEntries(named) } };
  }
}
