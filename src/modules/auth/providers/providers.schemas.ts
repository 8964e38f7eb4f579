import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

const label = z.string().meta({ description: 'What people call it.', maxLength: 50, examples: ['Google'] });
const provider = z.string().meta({
  description: 'Its name in addresses.',
  maxLength: 20,
  pattern: '^[a-z][a-z0-9]*$',
  examples: ['google'],
});

export const providerList = documented(
  z.object({
    results: z
      .array(
        z.object({
          name: provider,
          label,
          icon: z
            .enum(['google', 'microsoft', 'telegram', 'openid'])
            .meta({ description: 'Which sign a button should have.' }),
        }),
      )
      .max(50)
      .meta({ description: 'Those that are set up; without any it is empty.' }),
    passkeys: z.boolean().meta({ description: 'Whether passkeys are taken here.' }),
  }),
  {
    id: 'SignInProviders',
    description: 'By whose accounts one may sign in here.',
    examples: {
      providers: {
        summary: 'Two are set up',
        value: {
          results: [
            { name: 'google', label: 'Google', icon: 'google' },
            { name: 'telegram', label: 'Telegram', icon: 'telegram' },
          ],
          passkeys: true,
        },
      },
    },
  },
);

export const providerParams = z.object({
  provider: z
    .string()
    .max(20)
    .regex(/^[a-z][a-z0-9]{0,19}$/)
    .meta({ description: 'One of `/api/auth/providers/`.', examples: ['google'] }),
});

const acceptTerms = z
  .boolean()
  .optional()
  .meta({
    description: 'As in registration, for whoever has no account yet. Some clinics require it.',
    examples: [true],
  });

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const CODE = 'Yzk5ZDhhN2U0YjFmNDY2ZThkMzJhN2Y1YjBjOWQ4ZTc';

export const newStart = documented(
  z.object({
    redirect_uri: z
      .string()
      .min(1)
      .max(500)
      .meta({
        description: 'Where the browser comes back to. It must be on the clinic’s list, letter by letter.',
        examples: ['https://app.clinic.uz/signed-in'],
      }),
    code_challenge: z
      .string()
      .regex(/^[\w-]{43}$/)
      .meta({
        description: 'SHA-256 of a secret of the client’s, in base64url (PKCE, RFC 7636, `S256`).',
        minLength: 43,
        maxLength: 43,
        examples: [CHALLENGE],
      }),
    state: z
      .string()
      .regex(/^[\x20-\x7e]{1,500}$/)
      .optional()
      .meta({ description: 'Comes back as it is.', minLength: 1, maxLength: 500, examples: ['af0ifjsldkj'] }),
    accept_terms: acceptTerms,
  }),
  {
    id: 'ProviderStart',
    description: 'Where to come back to, and the client’s challenge.',
    examples: {
      start: {
        summary: 'From an app',
        value: {
          redirect_uri: 'https://app.clinic.uz/signed-in',
          code_challenge: CHALLENGE,
          state: 'af0ifjsldkj',
          accept_terms: true,
        },
      },
    },
  },
);
export type NewStart = z.infer<typeof newStart>;

export const started = documented(
  z.object({
    authorization_url: z
      .string()
      .meta({ format: 'uri', maxLength: 4_000, description: 'The provider’s page, for a browser.' }),
  }),
  {
    id: 'ProviderStarted',
    description: 'Where the browser goes now, within ten minutes.',
    examples: {
      started: {
        summary: 'At Google',
        value: {
          authorization_url:
            'https://accounts.google.com/o/oauth2/v2/auth?client_id=123.apps.googleusercontent.com&scope=openid+profile+email&state=8qWk1LzQ.mX3v',
        },
      },
    },
  },
);

export const codeSpending = documented(
  z.object({
    code: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'From `redirect_uri`.', examples: [CODE] }),
    code_verifier: z
      .string()
      .regex(/^[\w.~-]{43,128}$/)
      .meta({
        description: 'The secret of which `code_challenge` was made.',
        minLength: 43,
        maxLength: 128,
        examples: [VERIFIER],
      }),
  }),
  {
    id: 'ProviderCode',
    description: 'The code, and the client’s secret.',
    examples: { code: { summary: 'A code', value: { code: CODE, code_verifier: VERIFIER } } },
  },
);

export const idTokenInput = documented(
  z.object({
    id_token: z
      .string()
      .min(1)
      .max(8_000)
      .meta({
        description: 'As the provider’s SDK gave it; it serves once.',
        examples: ['eyJhbGciOiJSUzI1NiJ9.eyJ'],
      }),
    nonce: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'What the app handed the SDK for this sign-in.', examples: ['n-0S6_WzA2Mj'] }),
    accept_terms: acceptTerms,
  }),
  {
    id: 'IdToken',
    description: 'A token of the provider’s own SDK.',
    examples: {
      token: {
        summary: 'From an app',
        value: { id_token: 'eyJhbGciOiJSUzI1NiJ9.eyJ', nonce: 'n-0S6_WzA2Mj', accept_terms: true },
      },
    },
  },
);

export const initDataInput = documented(
  z.object({
    init_data: z
      .string()
      .min(1)
      .max(8_000)
      .meta({
        description: '`Telegram.WebApp.initData`, not older than five minutes.',
        examples: ['user=%7B%22id%22%3A7%7D&auth_date=1835515800&hash=c501b71e775f74ce10e377dea85a7ea2'],
      }),
    accept_terms: acceptTerms,
  }),
  {
    id: 'TelegramInitData',
    description: 'What Telegram handed the Mini App.',
    examples: {
      mini_app: {
        summary: 'From a Mini App',
        value: {
          init_data: 'user=%7B%22id%22%3A7%7D&auth_date=1835515800&hash=c501b71e775f74ce10e377dea85a7ea2',
        },
      },
    },
  },
);

const identity = z.object({
  id: fields.id,
  provider,
  label,
  is_offered: z.boolean().meta({ description: 'False: it is set up no longer, and lets nobody in.' }),
  linked_at: fields.out.instant,
  last_used_at: fields.out.instant,
});
export type Identity = z.infer<typeof identity>;

export const identityList = documented(z.object({ results: z.array(identity).max(50) }), {
  id: 'Identities',
  description: 'What is linked to my account, at most one of each provider.',
  examples: {
    identities: {
      summary: 'One is linked',
      value: {
        results: [
          {
            id: 3,
            provider: 'telegram',
            label: 'Telegram',
            is_offered: true,
            linked_at: '2028-03-01T09:30:00.000Z',
            last_used_at: '2028-03-01T09:30:00.000Z',
          },
        ],
      },
    },
  },
});
