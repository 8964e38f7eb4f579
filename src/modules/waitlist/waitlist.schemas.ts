import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { waitlistStatuses } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';
import { openTimeslot } from '../availability/index.ts';

const status = z.enum(waitlistStatuses);

const shape = z.object({
  id: fields.id,
  patient: fields.patientBrief,
  doctor: fields.doctorBrief
    .nullable()
    .meta({ description: 'Whom the patient waits for; null where anyone of a specialization will do.' }),
  specialization: fields.out.specialization.meta({
    description: 'Anyone of it will do; null where the patient waits for one doctor.',
  }),
  from: fields.out.date,
  to: fields.out.date.meta({ examples: ['2028-03-31'] }),
  after: fields.out.time
    .nullable()
    .meta({ description: 'Visits that begin at this time or later; null is any.', examples: ['09:00'] }),
  before: fields.out.time
    .nullable()
    .meta({ description: 'Visits that end at this time or earlier; null is any.', examples: ['13:00'] }),
  status: status.meta({
    description: '`offered` while an offer lasts; `booked` and `left` are final.',
  }),
  created_at: fields.out.instant.meta({
    description: 'When they joined: whoever joined first is offered first. UTC.',
  }),
  appointment: fields.id
    .nullable()
    .meta({ description: 'The appointment that came of it.', examples: [demo.visit.id] }),
  replaces: fields.id.nullable().meta({
    description: 'The appointment whose place an accepted offer takes; null where it is one more.',
    examples: [demo.visit.id],
  }),
  service: fields.id
    .nullable()
    .meta({ description: 'What they wait for; null where one slot will do.', examples: [1] }),
  branch: fields.id.nullable().meta({ description: 'Where; null is anywhere.', examples: [1] }),
  offer: z
    .object({
      timeslot: openTimeslot,
      expires_at: fields.out.instant.meta({ description: 'Until then the slot is kept for them. UTC.' }),
    })
    .nullable()
    .meta({ description: 'What is offered now; null while nothing is.' }),
});

const waiting: z.infer<typeof shape> = {
  id: demo.wishes.waiting.id,
  patient: demo.patient.brief,
  doctor: demo.doctor.brief,
  specialization: null,
  from: demo.day,
  to: '2028-03-31',
  after: '09:00',
  before: '13:00',
  status: 'waiting',
  created_at: '2028-03-01T09:30:00.000Z',
  appointment: null,
  replaces: null,
  service: null,
  branch: null,
  offer: null,
};

export const waitlistEntry = documented(shape, {
  id: 'WaitlistEntry',
  description: 'Somebody who waits for a slot to become free.',
  examples: {
    waiting: { summary: 'Nothing free yet', value: waiting },
    offered: {
      summary: 'A slot is kept for them',
      value: {
        ...waiting,
        status: 'offered',
        offer: {
          timeslot: {
            id: demo.slots.free.id,
            doctor: demo.doctor.brief,
            date: demo.day,
            start_time: '10:00',
            end_time: '10:30',
            branch: demo.branch.id,
            room: null,
          },
          expires_at: '2028-03-02T11:45:00.000Z',
        },
      },
    },
    booked: {
      summary: 'It came to an appointment',
      value: { ...waiting, status: 'booked', appointment: demo.visit.id },
    },
  },
});
export type WaitlistEntry = z.infer<typeof waitlistEntry>;

/** How many wishes a patient may wait with at a time. */
export const WISHES_MAX = 10;

/** How many free slots the answer to joining shows. */
export const FREE_SHOWN = 3;

export const joinedWaitlist = documented(
  shape.extend({
    free_now: z.array(openTimeslot).meta({
      description:
        'What they wish for and can book at this moment, soonest first. It is offered to nobody, so book it.',
      maxItems: FREE_SHOWN,
    }),
  }),
  {
    id: 'JoinedWaitlist',
    description: 'Somebody who waits for a slot to become free, and what is free already.',
    examples: {
      waiting: { summary: 'Nothing free yet', value: { ...waiting, free_now: [] } },
      free: {
        summary: 'What is wished for is free already',
        value: {
          ...waiting,
          free_now: [
            {
              id: 431,
              doctor: { id: 12, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
              date: '2028-03-14',
              start_time: '10:00',
              end_time: '10:30',
              branch: demo.branch.id,
              room: null,
            },
          ],
        },
      },
    },
  },
);
export type JoinedWaitlist = z.infer<typeof joinedWaitlist>;

export const waitlistPage = pageOf('WaitlistPage', 'One page of the waiting list.', waitlistEntry);

export const newWaitlistEntry = documented(
  z
    .object({
      patient: fields.id.optional().meta({
        description:
          'For whom: staff must name one; patients name somebody whom they look after, or leave it out.',
        examples: [demo.patient.id],
      }),
      doctor: fields.id
        .optional()
        .meta({ description: 'The doctor to see; or else a `specialization`.', examples: [demo.doctor.id] }),
      specialization: fields.specialization
        .optional()
        .meta({ description: 'Any doctor of it, as the directory names it.' }),
      service: fields.id.optional().meta({
        description:
          'What for: a service that the doctor, or somebody of the specialization, gives. All slots that it takes are offered ' +
          'together. With `replaces` it is the one of that visit.',
        examples: [1],
      }),
      branch: fields.id.optional().meta({ description: 'Only in this branch.', examples: [1] }),
      from: fields.date.meta({ description: 'The first day that suits.' }),
      to: fields.date.meta({ description: 'The last day that suits.', examples: ['2028-03-31'] }),
      after: fields.clockTime
        .optional()
        .meta({ description: 'Visits that begin at this time or later.', examples: ['09:00'] }),
      before: fields.clockTime
        .optional()
        .meta({ description: 'Visits that end at this time or earlier.', examples: ['13:00'] }),
      replaces: fields.id.optional().meta({
        description:
          'An appointment of the patient that is still to come, with the `doctor` or with one of the `specialization`. An ' +
          'accepted offer takes its place. It stands in the way of no offer, and does not count towards the number that ' +
          'the patient may have.',
        examples: [8990],
      }),
    })
    .refine(
      ({ doctor, specialization }) => (doctor === undefined) !== (specialization === undefined),
      issue('doctor_or_specialization', 'doctor'),
    )
    .refine(({ from, to }) => from <= to, issue('range_reversed', 'to'))
    .refine(
      ({ after, before }) => after === undefined || before === undefined || after < before,
      issue('end_before_start', 'before'),
    ),
  {
    id: 'NewWaitlistEntry',
    description:
      'What somebody waits for: one doctor, or anyone of a specialization, on which days, at which times.',
    examples: {
      doctor: {
        summary: 'One doctor, in the mornings',
        value: { doctor: demo.doctor.id, from: demo.day, to: '2028-03-31', after: '09:00', before: '13:00' },
      },
      specialization: {
        summary: 'Anyone of a specialization',
        value: { specialization: 'Kardiolog', from: demo.day, to: '2028-03-31' },
      },
      earlier: {
        summary: 'Instead of a visit that is later than wished',
        value: { doctor: 12, from: '2028-03-14', to: '2028-03-20', replaces: 8990 },
      },
      admin: {
        summary: 'As an admin, for a patient',
        value: { patient: demo.patient.id, doctor: demo.doctor.id, from: demo.day, to: demo.day },
      },
    },
  },
);
export type NewWaitlistEntry = z.infer<typeof newWaitlistEntry>;

export const waitlistFilters = z.object({
  ...pageQuery,
  status: fields
    .severalOf(status, ['waiting', 'offered'])
    .optional()
    .meta({ description: 'Only those in one of these statuses.' }),
  doctor: fields.idText
    .optional()
    .meta({ description: 'Only those who wait for this doctor by name.', examples: [demo.doctor.id] }),
  patient: fields.idText.optional().meta({
    description: 'Only this patient’s. A patient names themself or somebody whom they look after.',
    examples: [demo.patient.id],
  }),
});
export type WaitlistFilters = z.infer<typeof waitlistFilters>;
