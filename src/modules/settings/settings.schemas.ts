import { z } from 'zod';
import { documented } from '../../http/openapi/documented.ts';
import { somethingToChange } from '../../http/zod.ts';
import { OPEN_POLICY, type Policy } from '../availability/index.ts';

const MONTH = 43_200;

const notice = z.int().min(0).max(MONTH);
const horizon = z.int().min(1).max(730).nullable();
const deadline = z.int().min(0).max(MONTH);
const late = z.enum(['record', 'refuse']);
const activeMax = z.int().min(1).max(100).nullable();
const hold = z.int().min(1).max(60);
const offer = z.int().min(1).max(1_440);

const about = {
  min_notice_minutes: {
    description: 'How many minutes before its start a patient may still book a slot; 0 is until it begins.',
    examples: [60],
  },
  horizon_days: {
    description: 'How many days ahead a patient may book; where it is null, as far as slots are published.',
    examples: [90],
  },
  cancel_deadline_minutes: {
    description:
      'Until how many minutes before its start a patient may cancel in time; 0 is until it begins.',
    examples: [1_440],
  },
  late_cancellation: {
    description:
      'What becomes of a patient’s cancellation after that: it is done and marked as late, or refused.',
    examples: ['record'],
  },
  active_appointments_max: {
    description: 'How many appointments that lie ahead a patient may have; where it is null, any number.',
    examples: [5],
  },
  hold_minutes: { description: 'For how many minutes a patient may hold a slot.', examples: [5] },
  offer_minutes: {
    description:
      'For how many minutes a slot that is offered to somebody on the waiting list is kept for them.',
    examples: [15],
  },
  auto_confirm: {
    description: 'Bookings are confirmed at once, without an answer of the doctor’s.',
    examples: [false],
  },
  service_required: {
    description: 'Whoever books a doctor who gives services must name one of them; this binds staff as well.',
    examples: [false],
  },
  move_between_doctors: {
    description:
      'Patients may move a visit to another doctor who gives its service, or is of the same specialization.',
    examples: [false],
  },
} satisfies Record<keyof Policy, object>;

const strict: Policy = {
  ...OPEN_POLICY,
  min_notice_minutes: 60,
  horizon_days: 90,
  cancel_deadline_minutes: 1_440,
  late_cancellation: 'refuse',
  active_appointments_max: 5,
};

/** The policy as it is in force: every value is there. */
export const policy = documented(
  z.object({
    min_notice_minutes: notice.meta(about.min_notice_minutes),
    horizon_days: horizon.meta(about.horizon_days),
    cancel_deadline_minutes: deadline.meta(about.cancel_deadline_minutes),
    late_cancellation: late.meta(about.late_cancellation),
    active_appointments_max: activeMax.meta(about.active_appointments_max),
    hold_minutes: hold.meta(about.hold_minutes),
    offer_minutes: offer.meta(about.offer_minutes),
    auto_confirm: z.boolean().meta(about.auto_confirm),
    service_required: z.boolean().meta(about.service_required),
    move_between_doctors: z.boolean().meta(about.move_between_doctors),
  }) satisfies z.ZodType<Policy>,
  {
    id: 'Policy',
    description: 'What the clinic asks of patients who book; staff are not bound by it.',
    examples: {
      open: { summary: 'Nothing is asked for', value: OPEN_POLICY },
      strict: { summary: 'A strict clinic', value: strict },
    },
  },
);

const orDefault = ({ description, examples }: (typeof about)[keyof Policy], otherwise: string) => ({
  description: `${description} Null takes the default again: ${otherwise}.`,
  examples,
});

export const policyChanges = documented(
  z
    .object({
      min_notice_minutes: notice.nullable().optional().meta(orDefault(about.min_notice_minutes, '0')),
      horizon_days: horizon.optional().meta(orDefault(about.horizon_days, 'as far as slots are published')),
      cancel_deadline_minutes: deadline
        .nullable()
        .optional()
        .meta(orDefault(about.cancel_deadline_minutes, '0')),
      late_cancellation: late.nullable().optional().meta(orDefault(about.late_cancellation, '`record`')),
      active_appointments_max: activeMax
        .optional()
        .meta(orDefault(about.active_appointments_max, 'any number')),
      hold_minutes: hold.nullable().optional().meta(orDefault(about.hold_minutes, '`HOLD_MINUTES`')),
      offer_minutes: offer.nullable().optional().meta(orDefault(about.offer_minutes, '`OFFER_MINUTES`')),
      auto_confirm: z.boolean().nullable().optional().meta(orDefault(about.auto_confirm, 'false')),
      service_required: z.boolean().nullable().optional().meta(orDefault(about.service_required, 'false')),
      move_between_doctors: z
        .boolean()
        .nullable()
        .optional()
        .meta(orDefault(about.move_between_doctors, 'false')),
    })
    .refine(...somethingToChange()),
  {
    id: 'PolicyChanges',
    description:
      'What to change. What is left out stays as it is; null takes the default again, whichever field it is.',
    examples: {
      cancelling: {
        summary: 'Cancel a day before at the latest',
        value: { cancel_deadline_minutes: 1_440, late_cancellation: 'refuse' },
      },
      open: {
        summary: 'Back to the defaults',
        value: Object.fromEntries(Object.keys(OPEN_POLICY).map((field) => [field, null])),
      },
    },
  },
);
export type PolicyChanges = z.infer<typeof policyChanges>;
