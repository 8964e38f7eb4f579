import { z } from 'zod';
import { text } from '../../../http/fields.ts';
import { documented, examplesOf } from '../../../http/openapi/documented.ts';
import { user } from '../../users/index.ts';

/** What people type to say who they are. */
export const loginField = text(254).meta({
  description: 'User name, confirmed phone or confirmed email, in any case and form.',
  examples: ['aziza.karimova'],
});

export const passwordField = z
  .string()
  .min(1)
  .max(1_000)
  .meta({ format: 'password', examples: ['a-long-quiet-river'] });

export const credentials = documented(z.object({ username: loginField, password: passwordField }), {
  id: 'Credentials',
  description: 'Who signs in: `username` may be a confirmed phone or email too.',
  examples: {
    patient: {
      summary: 'As a patient',
      value: { username: 'aziza.karimova', password: 'a-long-quiet-river' },
    },
    doctor: { summary: 'As a doctor', value: { username: 'dr.yusupov', password: 'seven-silver-bridges' } },
    phone: {
      summary: 'By a confirmed phone',
      value: { username: '90 123-45-67', password: 'a-long-quiet-river' },
    },
  },
});
export type Credentials = z.infer<typeof credentials>;

const REFRESH_EXAMPLE = 'kq0mJ1r8nW4yV7c2Xh5sT9bL3dF6gA0pZ2uEwRtYiOs';
export const ACCESS_EXAMPLE =
  'eyJhbGciOiJIUzI1NiIsImtpZCI6IjhxV2sxTHpRIn0.eyJzdWIiOiI3Iiwicm9sZSI6InBhdGllbnQiLCJzaWQiOjMxfQ.c2lnbmF0dXJl';

export const refreshRequest = documented(
  z.object({
    refresh: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'The latest one; it serves once.', examples: [REFRESH_EXAMPLE] }),
  }),
  {
    id: 'RefreshRequest',
    description: 'A refresh token to be spent.',
    examples: { refresh: { summary: 'The latest refresh token', value: { refresh: REFRESH_EXAMPLE } } },
  },
);

const pair = z.object({
  access: z.string().meta({
    description: 'For `Authorization: Bearer …`.',
    maxLength: 1_000,
    examples: [ACCESS_EXAMPLE],
  }),
  refresh: z.string().meta({
    description: 'For one use at `/api/auth/token/refresh/`.',
    maxLength: 200,
    examples: [REFRESH_EXAMPLE],
  }),
  token_type: z.literal('Bearer'),
  expires_in: z.int().meta({
    description: 'Seconds the access token lives.',
    minimum: 60,
    maximum: 3_600,
    examples: [900],
  }),
});

const pairExample: z.infer<typeof pair> = {
  access: ACCESS_EXAMPLE,
  refresh: REFRESH_EXAMPLE,
  token_type: 'Bearer',
  expires_in: 900,
};

export const tokenPair = documented(pair, {
  id: 'TokenPair',
  description: 'An access token for the next minutes and a refresh token for the next pair.',
  examples: { pair: { summary: 'A new pair', value: pairExample } },
});
export type TokenPair = z.infer<typeof tokenPair>;

const [signedIn] = Object.values(examplesOf(user));

/** A new pair, and who signed in. */
export const signInAnswer = documented(pair.extend({ user }), {
  id: 'SignIn',
  description: 'A pair of tokens, and who signed in.',
  examples: {
    signed_in: {
      summary: 'Signed in',
      value: { ...pairExample, user: signedIn?.value as z.infer<typeof user> },
    },
  },
});
