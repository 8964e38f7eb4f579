import type { Components, Document, MediaType, Operation, Schema } from './document.ts';
import { nameOf, resolve } from './document.ts';
import { type Example, NAMED_EXAMPLES } from './documented.ts';

/** Puts the examples of the documented schemas where documentation pages look for them. */

type Named = Record<string, Example>;

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * At a body and at an answer, each by its name among the components. What only one place shows is written out there in
 * the end (shared.ts).
 * @param picked which of an answer's examples that operation can give, by status
 * @throws Error when an operation picks an example that its schema does not have
 */
export function giveExamples(
  { requestBody, responses }: Operation,
  picked: Readonly<Record<number, readonly string[]>>,
  components: Components,
): void {
  for (const media of Object.values(requestBody?.content ?? {})) showText(media);
  for (const type of [JSON_TYPE, FORM_TYPE]) {
    const body = requestBody?.content[type];
    if (body) show(body, namedBy(body, components), components);
  }
  for (const [status, { content = {} }] of Object.entries(responses)) {
    for (const media of Object.values(content)) showText(media);
    const answer = content[JSON_TYPE];
    if (!answer) continue;
    const named = namedBy(answer, components);
    show(answer, pick(named, picked[Number(status)] ?? Object.keys(named)), components);
  }
}

/** What a component's examples show. */
export const valuesOf = (name: string, { schemas }: Components): object[] =>
  Object.values((schemas[name]?.[NAMED_EXAMPLES] ?? {}) as Named).map(({ value }) => value as object);

const namedBy = ({ schema }: MediaType, components: Components) =>
  (resolve(schema, components)[NAMED_EXAMPLES] ?? {}) as Named;

function pick(named: Named, names: readonly string[]): Named {
  return Object.fromEntries(
    names.map((name) => {
      const example = named[name];
      if (!example) throw new Error(`no example is named ${name}`);
      return [name, example];
    }),
  );
}

function show(media: MediaType, named: Named, components: Components): void {
  const schema = nameOf(media.schema);
  for (const [name, example] of Object.entries(named)) {
    const key = `${schema}.${name}`;
    components.examples = { ...components.examples, [key]: example };
    media.examples = { ...media.examples, [name]: { $ref: `#/components/examples/${key}` } };
  }
}

/** Text that is no JSON shows the example of its schema, which then need not stand there too. */
function showText(media: MediaType): void {
  const [example] = media.schema.examples ?? [];
  if (media.schema.type !== 'string' || example === undefined) return;
  media.example = example;
  delete media.schema.examples;
}

/**
 * Takes out of the schemas what only this project reads, and the examples of single properties that whole examples show
 * too: they were 7 kB of the document.
 */
export function dropNamedExamples({ components }: Document): void {
  for (const schema of Object.values(components.schemas)) {
    const named = Object.values((schema[NAMED_EXAMPLES] ?? {}) as Named);
    dropShown(
      schema,
      named.map(({ value }) => value),
      components,
    );
    delete schema[NAMED_EXAMPLES];
  }
}

/** @param values the examples of this schema; those that are null or left out show nothing */
function dropShown(schema: Schema, values: readonly unknown[], components: Components): void {
  const { properties = {}, items } = resolve(schema, components);
  for (const [name, property] of Object.entries(properties)) {
    const shown = values
      .map((value) => (value as Record<string, unknown> | undefined)?.[name])
      .filter((value) => value !== undefined && value !== null);
    if (shown.length === 0) continue;
    delete property.examples;
    dropShown(property, shown, components);
  }
  if (items) dropShown(items, values.flat(), components);
}
