import type { z } from 'zod';
import type { CountryCode } from '../../core/phone.ts';

/** What a documentation page shows under a heading of its own. */
export interface Example<Value = unknown> {
  summary: string;
  value: Value;
}

/** Where http/openapi finds them. zod's own `examples` will not do: it drops them from a body that transforms a field. */
export const NAMED_EXAMPLES = 'named_examples';

/**
 * Names a schema in the OpenAPI document and shows how it is used.
 * @param docs.id the component's name, unique in the document
 * @param docs.description a sentence; an answer of this schema is described by it
 * @param docs.examples by name, the plainest first
 * @returns the same schema: it checks what it checked before
 */
export const documented = <Schema extends z.ZodType>(
  schema: Schema,
  {
    examples,
    ...docs
  }: { id: string; description: string; examples: Record<string, Example<z.input<Schema>>> },
): Schema => schema.meta({ ...docs, [NAMED_EXAMPLES]: examples });

/** The named examples of a schema that was `documented`. */
export const examplesOf = (schema: z.ZodType): Record<string, Example> =>
  (schema.meta()?.[NAMED_EXAMPLES] ?? {}) as Record<string, Example>;

/**
 * Makes a country's schemas once, however many applications a process builds: the document finds a schema's name by
 * the schema itself, and of two schemas with one name it would describe the wrong one.
 */
export function perCountry<Schemas>(
  make: (country: CountryCode) => Schemas,
): (country: CountryCode) => Schemas {
  const made = new Map<CountryCode, Schemas>();
  return (country) => {
    const schemas = made.get(country) ?? make(country);
    made.set(country, schemas);
    return schemas;
  };
}
