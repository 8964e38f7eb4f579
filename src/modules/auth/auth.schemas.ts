import { z } from 'zod';
import { text } from '../../http/fields.ts';
import type { user } from '../users/index.ts';

export const credentials = z
  .object({
    username: text(254),
    password: z.string().min(1).max(1_000),
  })
  .meta({ id: 'Credentials', examples: [{ username: 'aziza.karimova', password: 'a-long-quiet-river' }] });

const REFRESH_EXAMPLE = 'kq0mJ1r8nW4yV7c2Xh5sT9bL3dF6gA0pZ2uEwRtYiOs';
const ACCESS_EXAMPLE = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3Iiwicm9sZSI6InBhdGllbnQiLCJzaWQiOjMxfQ.c2lnbmF0dXJl';

export const refreshRequest = z
  .object({ refresh: z.string().min(1).max(200) })
  .meta({ id: 'RefreshRequest', examples: [{ refresh: REFRESH_EXAMPLE }] });

const pair = {
  access: z.string().meta({ description: 'For `Authorization: Bearer …`.' }),
  refresh: z.string().meta({ description: 'For one use at `/api/auth/token/refresh/`.' }),
  token_type: z.literal('Bearer'),
  expires_in: z.int().meta({ description: 'Seconds the access token lives.' }),
};

const pairExample = {
  access: ACCESS_EXAMPLE,
  refresh: REFRESH_EXAMPLE,
  token_type: 'Bearer',
  expires_in: 900,
};

export const tokenPair = z.object(pair).meta({ id: 'TokenPair', examples: [pairExample] });
export type TokenPair = z.infer<typeof tokenPair>;

/** A new pair, and who signed in. */
export const signIn = <User extends typeof user>(schema: User) =>
  z.object({ ...pair, user: schema }).meta({ id: 'SignIn' });
