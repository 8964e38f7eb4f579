import { z } from 'zod';
import { email, text } from '../../../http/fields.ts';

/** What cannot be used is as if it were not there: a strange name must keep nobody out. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

/** What is read of a token, the times and the signature having been checked. */
export const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  /** Telegram writes numbers. */
  aud: z.union([z.string(), z.int(), z.array(z.union([z.string(), z.int()]))]),
  azp: z.string().optional(),
  nonce: z.string().optional(),
  exp: z.number(),
  /** Microsoft's: the tenant. */
  tid: z.string().max(100).optional(),
  /** Google's: the domain whose accounts it hosts. */
  hd: maybe(z.string().min(1)),
  /** Telegram's: who somebody is there. */
  id: maybe(z.int().positive()),
  name: maybe(text(200)),
  given_name: maybe(text(100)),
  family_name: maybe(text(100)),
  locale: maybe(z.string().max(35)),
  email: maybe(email),
  email_verified: maybe(z.boolean()),
  phone_number: maybe(z.string().max(50)),
  phone_number_verified: maybe(z.boolean()),
});
export type Claims = z.infer<typeof claims>;

/** Who opened a Mini App of Telegram. */
export const miniAppUser = z.object({
  id: z.int().positive(),
  is_bot: z.boolean().optional(),
  first_name: maybe(text(100)),
  last_name: maybe(text(100)),
  language_code: maybe(z.string().max(35)),
});
export type MiniAppUser = z.infer<typeof miniAppUser>;
