import { z } from 'zod';
import { networkOf } from '../../core/address.ts';
import { demo } from '../../core/demo.ts';
import { cursorOf, noPageBeside } from '../../http/cursor.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';

const entryId = z
  .int()
  .min(1)
  // More than will ever be; what JavaScript can count up to is nothing a document need name.
  .meta({ format: 'int64', maximum: 10 ** 15, examples: [50231] });
const ACTION = /^[a-z_]+(?:\.[a-z_]+)?$/;
const action = z
  .string()
  .meta({ description: 'What was touched, and how.', maxLength: 50, examples: ['appointment.read'] });

const person = (role: string) =>
  z
    .object({
      id: fields.id,
      role: fields.role.meta({ description: role }),
      first_name: fields.out.name,
      last_name: fields.out.name,
    })
    .nullable();
const actor = person('Their role when they did it.');

const jasur = { ...demo.doctor.name, role: 'doctor' } as const;
const malika = { ...demo.admin.name, role: 'admin' } as const;
const aziza = { ...demo.patient.name, role: 'patient' } as const;

const entryShape = z.object({
  id: entryId,
  at: fields.out.instant,
  actor: actor.meta({ description: 'Who did it; null where the system itself did.' }),
  action,
  subject: person('Their role now.').meta({ description: 'Whose record it is; null where it is nobody’s.' }),
  details: z.record(z.string().meta({ maxLength: 50 }), z.unknown()).meta({
    description:
      'Ids, and names of fields and filters; never a value. A list notes each person on it, and how many rows it had; ' +
      'where one entry stands for many, `people` are their ids.',
    examples: [{ appointment: demo.visit.id }],
  }),
  request_id: z
    .string()
    .nullable()
    .meta({
      description: 'The `X-Request-Id` of the request, by which the log names it.',
      maxLength: 36,
      examples: ['0b8f6a5e-6c1f-4a55-9a0e-6f8a3c1d2e47'],
    }),
  network: z
    .string()
    .nullable()
    .meta({
      description:
        'Of sign-ins and refusals: where they came from, an IPv4 address or the /64 of an IPv6 one. Null for the rest, ' +
        'and once its person is erased.',
      maxLength: 50,
      examples: ['203.0.113.7/32'],
    }),
});
export type AuditEntry = z.infer<typeof entryShape>;

const entry = documented(entryShape, {
  id: 'AuditEntry',
  description: 'Who read or changed whose record. Never changed; gone after the retention time.',
  examples: {
    read: {
      summary: 'A doctor looked at a patient’s appointment',
      value: {
        id: 50231,
        at: '2028-03-01T09:30:00.000Z',
        actor: jasur,
        action: 'appointment.read',
        subject: aziza,
        details: { appointment: demo.visit.id },
        request_id: '0b8f6a5e-6c1f-4a55-9a0e-6f8a3c1d2e47',
        network: null,
      },
    },
    failure: {
      summary: 'A wrong password',
      value: {
        id: 50260,
        at: '2028-03-01T12:00:00.000Z',
        actor: null,
        action: 'sign_in.fail',
        subject: aziza,
        details: {},
        request_id: null,
        network: '203.0.113.7/32',
      },
    },
  },
});

export const auditPage = pageOf('AuditPage', 'One page of the audit.', entry, { cursor: true });

/** By which name the list’s cursors are read back. */
export const LIST = 'audit';

export const auditFilters = fields
  .orderedRange(
    z.object({
      ...pageQuery,
      cursor: cursorOf(LIST, z.tuple([entryId])),
      actor: fields.idText
        .optional()
        .meta({ description: 'Only what this user did.', examples: [demo.doctor.id] }),
      subject: fields.idText
        .optional()
        .meta({ description: 'Only what happened to this user’s record.', examples: [demo.patient.id] }),
      action: z
        .string()
        .max(50)
        .regex(ACTION)
        .optional()
        .meta({ description: 'Only this action.', examples: ['appointment.read'] }),
      network: z
        .string()
        .max(50)
        .meta({
          description: 'Only what came from this address, or the network it stands in.',
          examples: ['203.0.113.7'],
        })
        .transform((text, context) => {
          const network = networkOf(text.split('/', 1)[0]);
          if (network === undefined)
            context.issues.push({ code: 'custom', input: text, continue: true, ...issue('invalid_format') });
          return network ?? z.NEVER;
        })
        .optional(),
      from: fields.dateFilters.from,
      to: fields.dateFilters.to,
    }),
  )
  .refine(...noPageBeside());
export type AuditFilters = Omit<z.infer<typeof auditFilters>, 'page' | 'page_size' | 'cursor'>;

const accessShape = z.object({
  id: entryId,
  at: fields.out.instant,
  by: actor.meta({
    description: 'Who it was; null where the system itself acted. Names go when their owner is erased.',
  }),
  action,
  appointment: fields.id
    .nullable()
    .meta({ description: 'The appointment that was looked at or changed, if one was.' }),
  fields: z
    .array(z.string().meta({ maxLength: 50 }))
    .meta({ description: 'The names of the fields that were changed.', maxItems: 50, examples: [['phone']] }),
});
export type AccessLogEntry = z.infer<typeof accessShape>;

/** What a person is told of who looked at their record. */
export const accessLogEntry = documented(accessShape, {
  id: 'AccessLogEntry',
  description: 'Somebody looked at this person’s record, or changed it.',
  examples: {
    read: {
      summary: 'A doctor looked at an appointment',
      value: {
        id: 50231,
        at: '2028-03-01T09:30:00.000Z',
        by: jasur,
        action: 'appointment.read',
        appointment: demo.visit.id,
        fields: [],
      },
    },
    change: {
      summary: 'An admin corrected the phone',
      value: {
        id: 50240,
        at: '2028-03-01T11:05:42.000Z',
        by: malika,
        action: 'user.update',
        appointment: null,
        fields: ['phone'],
      },
    },
  },
});

export const accessLogPage = pageOf('AccessLogPage', 'One page of the access log.', accessLogEntry);

export const accessLogQuery = z.object(pageQuery);
