import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { roles } from '../../../core/roles.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { ACCESS_EXAMPLE } from '../sign-in/sign-in.schemas.ts';

export const introspectionRequest = documented(
  z.object({
    token: z
      .string()
      .min(1)
      .max(2_000)
      .meta({ description: 'An access token.', examples: [ACCESS_EXAMPLE] }),
    token_type_hint: z
      .string()
      .min(1)
      .max(50)
      .optional()
      .meta({ description: 'Read, and of no effect.', examples: ['access_token'] }),
  }),
  {
    id: 'IntrospectionRequest',
    description: 'A token that somebody came with.',
    examples: { token: { summary: 'An access token', value: { token: ACCESS_EXAMPLE } } },
  },
);

/** Of the epoch; 32 bits end in 2038. */
const seconds = z.int().min(0).max(99_999_999_999);

/** RFC 7662, 2.2. Of a token that does not serve nothing is said but that. */
export const introspection = documented(
  z.object({
    active: z.boolean().meta({ description: 'Whether it serves in this moment.' }),
    token_type: z.literal('Bearer').optional(),
    sub: z.string().max(20).optional().meta({ description: 'The user’s id.' }),
    role: z.enum(roles).optional(),
    profile: fields.id.nullable().optional().meta({ description: 'Of a doctor or patient.' }),
    branches: z
      .array(fields.id)
      .max(1_000)
      .optional()
      .meta({ description: 'Those to which somebody at the desk is bound; absent: all.' }),
    sid: fields.id.optional().meta({ description: 'The session.' }),
    client_id: z.string().max(100).optional(),
    iss: z.string().max(2_000).optional(),
    aud: z.string().max(200).optional(),
    jti: z.string().max(100).optional(),
    iat: seconds.optional(),
    exp: seconds.optional(),
  }),
  {
    id: 'Introspection',
    description: 'Whether a token serves, and whose it is.',
    examples: {
      active: {
        summary: 'It serves',
        value: {
          active: true,
          token_type: 'Bearer',
          sub: String(demo.patient.id),
          role: 'patient',
          profile: demo.patient.id,
          sid: demo.session.id,
          client_id: 'clinic',
          iss: 'https://clinic.uz',
          aud: 'https://clinic.uz',
          jti: '0f2c1de4-6f0b-4f5e-9d5f-0b6c8f1d2a3b',
          iat: 1_835_515_795,
          exp: 1_835_516_700,
        },
      },
      inactive: { summary: 'It does not', value: { active: false } },
    },
  },
);
export type Introspection = z.infer<typeof introspection>;
