import type { FastifyInstance } from 'fastify';
import { anyOf, IsAdmin, IsPatient } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { openTimeslotPage, SEARCH_LIMIT, searchFilters } from './search.schemas.ts';
import type { TimeslotSearch } from './search.service.ts';

export async function timeslotSearchRoutes(
  instance: FastifyInstance,
  { timeslotSearch }: { timeslotSearch: TimeslotSearch },
) {
  instance.withTypeProvider<ZodTypeProvider>().get(
    '/timeslots/search/',
    {
      preHandler: anyOf(IsPatient, IsAdmin),
      schema: {
        tags: ['timeslots'],
        operationId: 'searchTimeslots',
        summary: 'See who is free first',
        description:
          'The earliest slots that can be booked now, of all doctors or of those whom the filters leave, by date and ' +
          'time. `per_doctor=1` shows each doctor’s first one only. A patient sees what the clinic lets them book: ' +
          'nothing sooner than its minimum notice or later than its horizon. Whatever the size of the clinic it costs ' +
          `the same, because it shows the first ${SEARCH_LIMIT.toLocaleString('en')} slots and no more: \`count\` ` +
          'stops there, and so do the pages. Look further with `from`.',
        querystring: searchFilters,
        response: { 200: openTimeslotPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await timeslotSearch.search(request.query, request.user)),
  );
}
