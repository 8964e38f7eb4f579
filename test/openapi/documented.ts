import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Document, MediaType, Operation, Schema } from '../../src/http/openapi/document.ts';

/** Reads the OpenAPI document as its users do: finds the operation of a request and judges an answer by it. */

export interface Documented {
  method: string;
  path: string;
  operation: Operation & { operationId: string; tags: string[] };
}

/** The document with shared answers, parameters and examples written out wherever they are referred to. */
export function writtenOut(document: Document): Document {
  const follow = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(follow);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref } = node as { $ref?: unknown };
    // Schemas stay: Ajv follows their references itself, and some go in circles.
    if (typeof $ref === 'string' && /^#\/components\/(?:responses|parameters|examples)\//.test($ref))
      return follow(targetOf(document, $ref));
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, follow(value)]));
  };
  return { ...document, paths: follow(document.paths) as Document['paths'] };
}

/** What a reference of the document leads to, undefined where it leads nowhere. */
export const targetOf = (document: Document, reference: string): unknown =>
  reference
    .slice('#/'.length)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);

export function operationsOf(document: Document): Documented[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method,
      path,
      operation: operation as Documented['operation'],
    })),
  );
}

/** The operation that answers a request; a concrete path goes before one with a parameter (OpenAPI 3.1, 4.8.8.2). */
export function operationFor(document: Document, method: string, url: string): Documented | undefined {
  const [path = ''] = url.split('?', 1);
  return operationsOf(document)
    .filter(
      (one) =>
        one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

/** Every example of a body, by name. */
export function examplesIn(media: MediaType | undefined): Record<string, unknown> {
  if (media?.example !== undefined) return { example: media.example };
  return Object.fromEntries(Object.entries(media?.examples ?? {}).map(([name, { value }]) => [name, value]));
}

/**
 * Validates values against any schema of the document, named by the keys that lead to it.
 * @param options.closed whether a property that the document does not name is a fault
 * @returns a function that gives what is wrong, undefined when nothing is
 */
export function validator(document: Document, { closed = false } = {}) {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  // The package is CommonJS: Node hands out its module.exports, which TypeScript takes for a namespace.
  (addFormats as unknown as (on: Ajv2020) => void)(ajv);
  // Its schemas stand deep in a document that is none itself.
  ajv.addVocabulary([...Object.keys(document), 'x-extensible-enum', 'discriminator']);
  ajv.addSchema(closed ? close(structuredClone(document)) : document, 'document');
  const compiled = new Map<string, ValidateFunction>();
  return (keys: string[], value: unknown): string | undefined => {
    const pointer = keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `document#/${pointer}` });
    compiled.set(pointer, validate);
    return validate(value) ? undefined : `${pointer}: ${ajv.errorsText(validate.errors)}`;
  };
}

function close(document: Document): Document {
  const visit = (schema: Schema): void => {
    if (schema.properties) schema.additionalProperties = false;
    for (const part of [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? [])]) visit(part);
    if (schema.items) visit(schema.items);
  };
  Object.values(document.components.schemas).forEach(visit);
  return document;
}
