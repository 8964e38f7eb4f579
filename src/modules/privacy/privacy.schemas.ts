import { z } from 'zod';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { listOf } from '../../http/personal.ts';
import { type Part, type Personal, partsOf } from './personal.ts';

const exported_at = fields.out.instant;

/** The keys that one module brings, each with its schema. */
type ShapesOf<Module> = Module extends { parts: infer Parts }
  ? {
      [Name in keyof Parts]: Parts[Name] extends { shape: infer Shape extends z.ZodType } ? Shape : never;
    }
  : never;
type Together<Each> = (Each extends unknown ? (each: Each) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The schema of all that modules hold of a person. To be called once: the document finds a schema's name by the schema. */
export function personalDataOf<const Modules extends readonly Personal[]>(modules: Modules) {
  const parts = partsOf(modules);
  const ofFamily = Object.fromEntries(
    parts.flatMap(([name, part]) => (part.of_family ? [[name, part.shape]] : [])),
  );
  const shapeOf = (part: Part) =>
    'family' in part && part.shape instanceof z.ZodObject
      ? listOf(part.shape.extend(ofFamily), part.shape.description ?? '')
      : part.shape;
  const shape = { exported_at, ...Object.fromEntries(parts.map(([name, part]) => [name, shapeOf(part)])) };
  const examples = parts.map(([name, part]) => [name, part.example ?? ('row' in part ? null : [])]);
  const value = { exported_at: '2028-03-02T10:00:00.000Z', ...Object.fromEntries(examples) };
  return documented(z.object(shape), {
    id: 'PersonalData',
    description: 'Everything the clinic holds about a person.',
    examples: { patient: { summary: 'A patient with one visit', value } },
  }) as unknown as z.ZodObject<{ exported_at: typeof exported_at } & Together<ShapesOf<Modules[number]>>>;
}

export const eraseConfirmation = documented(
  z.object({
    password: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .meta({
        description: 'My own. Whoever has none signs in with their provider shortly before.',
        format: 'password',
        examples: ['a-long-quiet-river'],
      }),
  }),
  {
    id: 'EraseConfirmation',
    description: 'The password once more.',
    examples: { erase: { summary: 'Erase me', value: { password: 'a-long-quiet-river' } } },
  },
);
