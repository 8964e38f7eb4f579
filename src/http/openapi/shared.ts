import { PROBLEM_TYPE } from '../problem.ts';
import {
  type Components,
  type Document,
  type MediaType,
  nameOf,
  type Operation,
  type Parameter,
  type Response,
  type ShownExample,
} from './document.ts';
import { shareSchemas } from './shared-schemas.ts';

/**
 * Keeps what many operations have in common in one place of the document. Written out, the document was 807 kB, and
 * errors were half of it: Swagger UI took up to six seconds to open one operation, and importers saved thousands of
 * copies.
 */
export function share(document: Document): void {
  const { components } = document;
  const operations = Object.values({ ...document.paths, ...document.webhooks }).flatMap((methods) =>
    Object.values(methods),
  );
  shareSchemas(components.schemas);
  shareProblems(operations, components);
  shareResponses(operations, components);
  shareParameters(operations, components);
  writeOutSingleExamples(operations, components);
}

/** One example for each error code: the one that tells most, with the wrong fields or with the alternatives. */
function shareProblems(operations: readonly Operation[], components: Components): void {
  const examples = new Map<string, ShownExample>();
  for (const media of operations.flatMap(problemsOf))
    for (const [code, example] of Object.entries(media.examples ?? {})) {
      const before = examples.get(code);
      if (!before || sizeOf(example) > sizeOf(before)) examples.set(code, example);
      media.examples = { ...media.examples, [code]: { $ref: `#/components/examples/${code}` } };
    }
  components.examples = { ...components.examples, ...Object.fromEntries([...examples].sort(byName)) };
}

const problemsOf = ({ responses }: Operation): MediaType[] =>
  Object.values(responses).flatMap(({ content }) => content?.[PROBLEM_TYPE] ?? []);

const sizeOf = ({ value }: ShownExample) => Object.keys(value as object).length;
const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/**
 * The commonest answer of a status has the status for its name (`E409`), as operations refer to it 700 times; the others are named
 * after their codes, or after those that they have beside the commonest one’s (`E400.InvalidCode`). A success is named after its schema: it carries its headers wherever it stands.
 */
function shareResponses(operations: readonly Operation[], components: Components): void {
  const all = operations.flatMap(({ responses }) =>
    Object.entries(responses).map(([status, response]) => ({ status, response, responses })),
  );
  const names = new Map<string, string>();
  const commonest = new Map<string, string[]>();
  for (const text of repeatedOf(all.map(({ response }) => response))) {
    const { status = '' } = all.find(({ response }) => JSON.stringify(response) === text) ?? {};
    const response = JSON.parse(text) as Response;
    names.set(text, freeName(namesFor(status, response, commonest.get(status)), [...names.values()]));
    if (!commonest.has(status)) commonest.set(status, codesOf(response));
  }
  for (const { status, response, responses } of all) {
    const name = names.get(JSON.stringify(response));
    if (name !== undefined) responses[status] = refTo<Response>('responses', name);
  }
  components.responses = named(names);
}

const codesOf = ({ content }: Response) => Object.keys(content?.[PROBLEM_TYPE]?.examples ?? {});

function namesFor(status: string, response: Response, commonest: readonly string[] = []): string[] {
  const schema = nameOf(response.content?.['application/json']?.schema ?? {});
  if (schema !== undefined) return [schema, `${schema}.${status}`];
  const codes = codesOf(response);
  const isMore = commonest.length > 0 && commonest.every((code) => codes.includes(code));
  const own = codes.filter((code) => !isMore || !commonest.includes(code)).map(inPascalCase);
  // No name begins with a digit: orval makes a type of it.
  return [`E${status}`, [...(isMore ? [`E${status}`] : []), ...own].join('.')];
}

/** Parameters that several operations take, such as the page of every list. */
function shareParameters(operations: readonly Operation[], components: Components): void {
  const all = operations.flatMap(({ parameters = [] }) => parameters);
  const names = new Map<string, string>();
  for (const text of repeatedOf(all)) {
    const { name } = JSON.parse(text) as Parameter;
    names.set(text, freeName([inPascalCase(name.replaceAll('-', '_').toLowerCase())], [...names.values()]));
  }
  for (const { parameters = [] } of operations)
    for (const [index, parameter] of parameters.entries()) {
      const name = names.get(JSON.stringify(parameter));
      if (name !== undefined) parameters[index] = refTo<Parameter>('parameters', name);
    }
  components.parameters = named(names);
}

/** An example that only one place refers to stands in that place. That saves some 80 bytes for each of 120 examples. */
function writeOutSingleExamples(operations: readonly Operation[], components: Components): void {
  const contents = [
    ...operations.flatMap(({ requestBody, responses }) => [requestBody, ...Object.values(responses)]),
    ...Object.values(components.responses ?? {}),
  ];
  const bodies = contents.flatMap((part) => Object.entries(part?.content ?? {}));
  const places = new Map<string, Record<string, ShownExample>[]>();
  for (const [, { examples = {} }] of bodies)
    for (const { $ref = '' } of Object.values(examples))
      places.set($ref, [...(places.get($ref) ?? []), examples]);
  for (const [name, example] of Object.entries(components.examples ?? {})) {
    const { $ref = '' } = refTo<ShownExample>('examples', name);
    const [place, ...others] = places.get($ref) ?? [];
    if (place === undefined || others.length > 0) continue;
    for (const [key, shown] of Object.entries(place)) if (shown.$ref === $ref) place[key] = example;
    delete components.examples?.[name];
  }
  for (const [type, media] of bodies) if (type !== PROBLEM_TYPE) leaveUnnamed(media);
}

/** An example that is written out, and alone in its place, needs no name. Those of errors keep theirs: it is the code. */
function leaveUnnamed(media: MediaType): void {
  const [only, ...others] = Object.values(media.examples ?? {});
  if (only?.value === undefined || others.length > 0) return;
  media.example = only.value;
  delete media.examples;
}

/** What is there more than once, as JSON, the commonest first. */
function repeatedOf(parts: readonly object[]): string[] {
  const counts = new Map<string, number>();
  for (const part of parts) {
    const text = JSON.stringify(part);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .sort(([, a], [, b]) => b - a)
    .map(([text]) => text);
}

/** To a component. Nothing else stands beside a `$ref`, whatever the type asks for. */
const refTo = <Part>(kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` }) as Part;

const named = <Part>(names: ReadonlyMap<string, string>): Record<string, Part> =>
  Object.fromEntries([...names].map(([text, name]): [string, Part] => [name, JSON.parse(text)]).sort(byName));

/** `slot_taken` as `SlotTaken`. */
const inPascalCase = (name: string) =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The first of these names that is free; the last of them with a number where none is. */
function freeName(wanted: readonly string[], taken: readonly string[]): string {
  const last = wanted.findLast((name) => name !== '') ?? '';
  const numbered = Array.from(taken, (_, index) => `${last}.${index + 2}`);
  return [...wanted, ...numbered].find((name) => name !== '' && !taken.includes(name)) ?? last;
}
