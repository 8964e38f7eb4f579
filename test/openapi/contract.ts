import type { Document, Operation, Schema } from '../../src/http/openapi/document.ts';
import { operationsOf } from './documented.ts';

/** What a client relies on, by its place in the document: to be compared with another version's. */
export type Contract = Record<string, string>;

/** Which fields an operation takes and answers with, each with its type. Requests and answers differ in what breaks them. */
export function contractOf(document: Document): Contract {
  const contract: Contract = {};
  for (const { method, path, operation } of operationsOf(document)) {
    const name = `${method.toUpperCase()} ${path}`;
    contract[name] = 'operation';
    for (const { name: parameter, in: place, required, schema } of operation.parameters ?? [])
      contract[`${name} > ${place} ${parameter}`] = `${required ? 'required ' : ''}${typeOf(schema)}`;
    const body = operation.requestBody?.content['application/json']?.schema;
    if (body) collect(document, body, `${name} > body`, contract, true);
    for (const [status, schema] of successesOf(operation))
      collect(document, schema, `${name} < ${status}`, contract, false);
  }
  return contract;
}

function successesOf({ responses }: Operation): [string, Schema][] {
  return Object.entries(responses).flatMap(([status, { content }]): [string, Schema][] => {
    const schema = content?.['application/json']?.schema;
    return status < '300' && schema ? [[status, schema]] : [];
  });
}

const typeOf = (schema: Schema): string =>
  [[schema.type].flat().filter(Boolean).join('|'), schema.format, schema.enum && `(${schema.enum.join('|')})`]
    .filter(Boolean)
    .join(' ');

function collect(
  document: Document,
  schema: Schema,
  place: string,
  contract: Contract,
  isRequest: boolean,
  within: readonly string[] = [],
): void {
  const named = schema.$ref;
  if (named !== undefined && within.includes(named)) return;
  const whole =
    named === undefined ? schema : (document.components.schemas[named.split('/').at(-1) ?? ''] ?? {});
  const inside = named === undefined ? within : [...within, named];
  const go = (part: Schema, where: string) => collect(document, part, where, contract, isRequest, inside);
  contract[place] ??= typeOf(whole);
  for (const [name, property] of Object.entries(whole.properties ?? {})) {
    const required = isRequest && (whole.required as string[] | undefined)?.includes(name);
    go(property, `${place}.${name}`);
    if (required) contract[`${place}.${name}`] = `required ${contract[`${place}.${name}`]}`;
  }
  if (whole.items) go(whole.items, `${place}[]`);
  for (const part of [...(whole.anyOf ?? []), ...((whole.oneOf as Schema[] | undefined) ?? [])])
    go(part, place);
}

/** What breaks clients of the version before: what is gone, what has another type, what is required now. */
export function breaksOf(before: Contract, now: Contract): string[] {
  const gone = Object.keys(before).filter((place) => !(place in now));
  const other = Object.entries(before).flatMap(([place, type]) =>
    place in now && !isStill(place, type, now[place] ?? '') ? [`${place}: ${type} -> ${now[place]}`] : [],
  );
  const demanded = Object.entries(now).flatMap(([place, type]) => {
    const [operation = ''] = place.split(' > ');
    const isNew = !(place in before) && operation in before && place.includes(' > ');
    return isNew && type.startsWith('required ') ? [`${place} is required now`] : [];
  });
  return [...gone.map((place) => `${place} is gone`), ...other, ...demanded];
}

/** A request may take more and ask for less, an answer's lists are open. */
function isStill(place: string, before: string, now: string): boolean {
  if (before === now) return true;
  const list = /\(([^)]*)\)$/;
  const [values, others] = [before, now].map((type) => list.exec(type)?.[1]?.split('|') ?? []);
  const grown = values?.every((value) => others?.includes(value)) ?? false;
  const [plain, other] = [before, now].map((type) => type.replace(list, ''));
  if (plain === other) return grown && (values?.length ?? 0) > 0;
  return place.includes(' > ') && grown && plain?.replace('required ', '') === other;
}
