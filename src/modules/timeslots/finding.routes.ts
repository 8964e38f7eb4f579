import type { FastifyInstance } from 'fastify';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsPatient, IsStaff, ofDirectory, readerOf } from '../../http/guards.ts';
import { pageAnswer, rememberedPageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { openTimeslotPage, SEARCH_LIMIT, searchFilters } from './search.schemas.ts';
import { FREE_LIST, freeSlotFilters, timeslotPage } from './timeslots.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

const tags = ['timeslots'];

/** For those who look for a slot to book. */
export async function findingRoutes(
  instance: FastifyInstance,
  { timeslots, public_directory }: { timeslots: Timeslots; public_directory: boolean },
) {
  const guard = ofDirectory(public_directory, anyOf(IsPatient, IsStaff));
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/timeslots/search/',
    {
      preHandler: guard,
      config: { etag: 'page', guests_keep: 5 },
      schema: {
        tags,
        operationId: 'searchTimeslots',
        summary: 'See who is free first',
        description:
          'The earliest slots that can be booked now, by date and time: of all doctors, or of those whom the filters ' +
          'leave. Patients and guests see what the clinic lets patients book: nothing sooner than its minimum notice or later ' +
          'than its horizon. A search shows the first ' +
          `${SEARCH_LIMIT.toLocaleString('en')} slots and no more, so that it costs the same in a clinic of any size: ` +
          '`count` stops there, and so do the pages. Look further with `from`.',
        querystring: searchFilters,
        response: { 200: openTimeslotPage },
      },
    },
    async (request) =>
      pageAnswer(
        request,
        request.query.page,
        await timeslots.search.search(request.query, readerOf(request)),
      ),
  );

  app.get(
    '/doctors/:id/timeslots/',
    {
      preHandler: guard,
      config: { etag: 'page', errors: ['doctor_not_found'], guests_keep: 5 },
      schema: {
        tags,
        operationId: 'listFreeTimeslots',
        summary: 'See a doctor’s free slots',
        description:
          'What can be booked now, soonest first, on all days or on those of `date`, `from` and `to`. Patients and guests see what ' +
          'the clinic’s policy lets patients book: neither what begins too soon, nor what lies beyond its horizon. Staff ' +
          'also see the slot that has begun and is not over, for whoever walks in. Of a `service` that the doctor does not ' +
          'give there are none.',
        params: idParams('The doctor’s id, from the directory.', demo.doctor.id),
        querystring: freeSlotFilters,
        response: { 200: timeslotPage },
      },
    },
    async (request, reply) =>
      rememberedPageAnswer(
        request,
        reply,
        request.query.page,
        await timeslots.free.list(request.params.id, request.query, readerOf(request)),
        FREE_LIST,
      ),
  );
}
