import { z } from 'zod';
import { issue, somethingToChange } from '../../http/zod.ts';

/** What an admin says of a branch or a room beside its own fields: whether it is in use, and what becomes of its visits. */
export const openness = {
  is_active: z.boolean().meta({ description: 'Whether slots are published and booked there.' }),
  upcoming: z.enum(['cancel', 'keep']).meta({
    description: 'With `is_active: false`: what becomes of the visits there that are still to come.',
    examples: ['cancel'],
  }),
};

export type Upcoming = z.infer<(typeof openness)['upcoming']>;

interface Change {
  is_active?: boolean | undefined;
  upcoming?: Upcoming | undefined;
}

/** A change that changes something, and says what becomes of visits only where it closes. */
export const coherent = <Shape extends z.ZodType<Change>>(schema: Shape) =>
  schema
    .refine(...somethingToChange('upcoming'))
    .refine(
      ({ upcoming, is_active }) => upcoming === undefined || is_active === false,
      issue('upcoming_without_leaving', 'upcoming'),
    );
