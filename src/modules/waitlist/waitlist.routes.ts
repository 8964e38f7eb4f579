import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsOwner, IsPatient, IsStaff } from '../../http/guards.ts';
import { reads } from '../../http/hooks/audit.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { appointment, readsAppointment, showsAppointment } from '../appointments/index.ts';
import { openTimeslot } from '../availability/index.ts';
import {
  joinedWaitlist,
  newWaitlistEntry,
  type WaitlistEntry,
  WISHES_MAX,
  waitlistEntry,
  waitlistFilters,
  waitlistPage,
} from './waitlist.schemas.ts';
import type { Waitlist } from './waitlist.service.ts';

const tags = ['waitlist'];
const entryParams = (example: number) => idParams('The entry’s id.', example);
const params = entryParams(demo.wishes.waiting.id);
const patientOf = ({ patient }: WaitlistEntry) => patient.id;
const readsEntry = reads('waitlist.read', patientOf, ({ id }: WaitlistEntry) => ({ entry: id }));

export async function waitlistRoutes(instance: FastifyInstance, { waitlist }: { waitlist: Waitlist }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'waitlist',
    description: 'Wait for a slot, and take it when it becomes free.',
    order: 70,
  });
  const isOwner = IsOwner(waitlist.entries.findOwner, 'waitlist_entry_not_found');

  app.post(
    '/waitlist/',
    {
      preHandler: anyOf(IsPatient, IsStaff),
      config: {
        errors: [
          'doctor_not_found',
          'patient_not_found',
          'appointment_not_found',
          'already_decided',
          'visit_begun',
          'already_attended',
          'not_same_doctor',
          'service_not_given',
          'already_waiting',
          'too_many_waitlist_entries',
        ],
        examples: { 201: ['waiting', 'free'] },
        audit: readsEntry,
      },
      schema: {
        tags,
        operationId: 'joinWaitlist',
        summary: 'Wait for a slot',
        description:
          'Waits for one `doctor`, or for anyone of a `specialization`, on some days and at some times. When such a slot ' +
          'becomes free, it is offered for some minutes to whoever joined first, and to nobody else. What is free already ' +
          'is not offered: `free_now` shows the first of it, so book it. In their quiet hours people are offered only what ' +
          'begins too soon after these; other slots are kept until the quiet hours end. A slot beyond the horizon of the ' +
          'clinic’s policy is kept until it comes within it. With `replaces` an accepted offer takes the place of a visit: ' +
          'with the same doctor that visit moves; with another of the specialization it is cancelled and a new one booked, ' +
          `in one step. A patient can wait with at most ${WISHES_MAX} entries at a time, and with the same one only once.`,
        headers: keyedHeaders,
        body: newWaitlistEntry,
        response: { 201: joinedWaitlist },
      },
    },
    async (request, reply) => {
      const entry = onceAnswer(
        reply,
        await waitlist.joining.join(request.body, request.user, keyed(request)),
      );
      return reply.code(201).header('location', `/api/waitlist/${entry.id}/`).send(entry);
    },
  );

  app.get(
    '/waitlist/',
    {
      preHandler: anyOf(IsPatient, IsStaff),
      config: { errors: ['patient_not_found'], audit: reads('waitlist.list', patientOf) },
      schema: {
        tags,
        operationId: 'listWaitlist',
        summary: 'See the waiting list',
        description:
          'Patients see their own entries and those of whom they look after, staff everybody’s. Those that still wait come first, in the order of joining, ' +
          'then those that are over, latest first.',
        querystring: waitlistFilters,
        response: { 200: waitlistPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await waitlist.entries.list(request.query, request.user)),
  );

  app.get(
    '/waitlist/:id/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: {
        etag: true,
        errors: ['waitlist_entry_not_found'],
        examples: { 200: ['waiting', 'offered', 'booked'] },
        audit: readsEntry,
      },
      schema: {
        tags,
        operationId: 'getWaitlistEntry',
        summary: 'Show an entry of the waiting list',
        description: 'It tells what is offered now, and until when.',
        params,
        response: { 200: waitlistEntry },
      },
    },
    async (request) => waitlist.entries.get(request.params.id),
  );

  app.delete(
    '/waitlist/:id/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: { errors: ['waitlist_entry_not_found'] },
      schema: {
        tags,
        operationId: 'leaveWaitlist',
        summary: 'Wait no longer',
        description:
          'What is offered goes to the next. Repeating it answers 204 again. An entry that came to an appointment stays as ' +
          'it is, and so does the appointment.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await waitlist.joining.leave(request.params.id, request.user);
      return reply.code(204).send();
    },
  );

  app.post(
    '/waitlist/:id/accept/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: {
        errors: [
          'waitlist_entry_not_found',
          'offer_lapsed',
          'timeslot_not_found',
          'appointment_not_found',
          'patient_busy',
          'service_not_given',
          'not_for_this_patient',
          'no_room_free',
          'visit_begun',
          'already_attended',
          'too_late_to_cancel',
        ],
        alternatives: openTimeslot,
        audit: readsAppointment,
        shows: showsAppointment,
        etag: true,
        examples: { 201: ['pending', 'confirmed'] },
        location: `/api/appointments/${demo.visit.id}/`,
      },
      schema: {
        tags,
        operationId: 'acceptOffer',
        summary: 'Take what is offered',
        description:
          'Books the slot that is kept for the patient, as long as the offer lasts. The clinic’s minimum notice does not ' +
          'count then, nor how many appointments the patient has made meanwhile. Where the entry `replaces` a visit, that ' +
          'visit gives way in the same step; where it was cancelled meanwhile, the slot is simply booked. The answer is ' +
          'the appointment.',
        params: entryParams(demo.wishes.toAccept.id),
        headers: keyedHeaders,
        response: { 201: appointment },
      },
    },
    async (request, reply) => {
      const answer = onceAnswer(
        reply,
        await waitlist.answering.accept(request.params.id, request.user, keyed(request)),
      );
      return reply.code(201).header('location', `/api/appointments/${answer.id}/`).send(answer);
    },
  );

  app.post(
    '/waitlist/:id/decline/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: {
        errors: ['waitlist_entry_not_found', 'offer_lapsed'],
        examples: { 200: ['waiting'] },
        audit: readsEntry,
      },
      schema: {
        tags,
        operationId: 'declineOffer',
        summary: 'Turn down what is offered',
        description:
          'The slot goes to the next. The entry waits on in its place, and is not offered this slot again until somebody ' +
          'has had it.',
        params: entryParams(demo.wishes.toDecline.id),
        headers: keyedHeaders,
        response: { 200: waitlistEntry },
      },
    },
    async (request, reply) =>
      onceAnswer(reply, await waitlist.answering.decline(request.params.id, request.user, keyed(request))),
  );
}
