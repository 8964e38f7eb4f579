import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { keyRoles, meaningOf, roleFor, scopes } from '../../core/scopes.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';

const role = z.enum(keyRoles);
const scope = z.enum(scopes).meta({
  id: 'Scope',
  description: `What a key may: ${scopes.map((one) => `\`${one}\` ${meaningOf(one)}`).join('; ')}.`,
});

const BRANCHES_MAX = 1_000;
const branches = z
  .array(fields.id)
  .max(BRANCHES_MAX)
  .meta({
    description:
      'Of a key with the rights of a receptionist: it reaches only what lies in these. `[]` is all.',
    examples: [[demo.branch.id]],
  });

const expires_at = fields.instant.meta({
  description: 'From then on it is refused; null never.',
  examples: ['2028-12-31T19:00:00Z'],
});

const shape = z.object({
  id: fields.id,
  name: z.string().meta({ maxLength: 100, examples: ['Website'] }),
  role: role.meta({ description: 'Whose rights it has, as far as its scopes go.' }),
  scopes: z.array(scope).meta({ maxItems: scopes.length }),
  branches,
  ends_with: z
    .string()
    .meta({ description: 'The last letters of the key.', maxLength: 4, examples: ['x7Qd'] }),
  user: fields.id.meta({
    description: 'Its service user: `booked_by` of what it books, the actor in the audit.',
  }),
  created_at: fields.out.instant,
  created_by: fields.id,
  expires_at: fields.out.instant.nullable(),
  last_used_at: fields.out.instant
    .nullable()
    .meta({ description: 'To the minute; null before its first use.' }),
  revoked_at: fields.out.instant.nullable(),
});

const example: z.infer<typeof shape> = {
  id: demo.apiKey.id,
  name: demo.apiKey.name,
  role: 'receptionist',
  scopes: ['slots:read', 'appointments:read'],
  branches: [],
  ends_with: 'x7Qd',
  user: demo.apiKey.user,
  created_at: '2028-03-01T08:15:00.000Z',
  created_by: demo.admin.name.id,
  expires_at: null,
  last_used_at: '2028-03-12T09:30:00.000Z',
  revoked_at: null,
};

export const apiKey = documented(shape, {
  id: 'ApiKey',
  description: 'A key by which a program calls the API. The key itself is shown once, when it is made.',
  examples: { website: { summary: 'Of a web page', value: example } },
});
export type ApiKey = z.infer<typeof apiKey>;

export const madeApiKey = documented(
  shape.extend({
    key: z.string().meta({
      description:
        'To be sent as a bearer token. Nobody is ever told it again. Its last six letters are a checksum.',
      maxLength: 60,
    }),
  }),
  {
    id: 'MadeApiKey',
    description: 'A new key, shown this once.',
    examples: {
      made: {
        summary: 'Of a web page',
        value: { ...example, last_used_at: null, key: 'clinic_7Yb3…x7Qd' },
      },
    },
  },
);

export const apiKeyPage = pageOf('ApiKeyPage', 'One page of keys.', apiKey);

export const apiKeyFilters = z.object({
  ...pageQuery,
  revoked: fields.flagText
    .optional()
    .meta({ description: 'Only those that are revoked, or only the others.' }),
});
export type ApiKeyFilters = z.infer<typeof apiKeyFilters>;

export const newApiKey = documented(
  z
    .object({
      name: fields.text(100).meta({ description: 'What it is for.', examples: ['Website'] }),
      role: role.optional().meta({
        description: 'Whose rights it has. Left out, the least role that has all the scopes.',
      }),
      scopes: z
        .array(scope)
        .min(1)
        .max(scopes.length)
        .optional()
        .meta({ description: 'What of these rights; left out, all that a key of the role can have.' }),
      branches: branches.default([]),
      expires_at: expires_at.nullable().default(null),
    })
    .superRefine(({ role: wanted, scopes: named, branches: given }, context) => {
      const refuse = (path: string, code: Parameters<typeof issue>[0]) =>
        context.addIssue({ code: 'custom', path: [path], ...issue(code) });
      if (!wanted && !named) refuse('scopes', 'required');
      if (wanted === 'receptionist' && named && roleFor(named) === 'admin') refuse('scopes', 'not_for_role');
      if (given.length > 0 && (wanted ?? roleFor(named ?? [])) === 'admin')
        refuse('branches', 'not_for_role');
    }),
  {
    id: 'NewApiKey',
    description: 'A name, and a `role` or `scopes`.',
    examples: {
      scopes: {
        summary: 'For a web page that books',
        value: { name: 'Website', scopes: ['slots:read', 'appointments:write', 'patients:write'] },
      },
      role: {
        summary: 'For a till, until the end of the year',
        value: { name: 'Till', role: 'receptionist', expires_at: '2028-12-31T19:00:00Z' },
      },
    },
  },
);
export type NewApiKey = z.output<typeof newApiKey>;
