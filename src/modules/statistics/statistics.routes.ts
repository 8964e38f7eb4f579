import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Locale } from '../../core/words.ts';
import { chooseType, varyBy } from '../../http/accept.ts';
import { attachment, type Cell, CSV_HEADER, CSV_TYPE, csvRow } from '../../http/csv.ts';
import { anyOf, IsAdmin, IsDoctor } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { chooseLocale } from '../../i18n/index.ts';
import {
  MAX_DAYS,
  measureNames,
  type Statistics,
  type StatisticsRow,
  statistics as statisticsAnswer,
  statisticsExample,
  statisticsQuery,
} from './statistics.schemas.ts';
import type { StatisticsService } from './statistics.service.ts';

const JSON_TYPE = 'application/json';

type Columns = Record<string, (row: StatisticsRow) => Cell>;
const byPeriod: Columns = { period: ({ period }) => period };
/** The columns that say what a row counts. */
const keyColumns: Record<Statistics['by'], Columns> = {
  day: byPeriod,
  week: byPeriod,
  month: byPeriod,
  doctor: {
    doctor_id: ({ doctor }) => doctor?.id,
    doctor_first_name: ({ doctor }) => doctor?.first_name,
    doctor_last_name: ({ doctor }) => doctor?.last_name,
  },
  specialization: { specialization: ({ specialization }) => specialization },
  branch: { branch_id: ({ branch }) => branch?.id, branch_name: ({ branch }) => branch?.name },
  hour: { weekday: ({ weekday }) => weekday, hour: ({ hour }) => hour },
};

/** The rows without their total, which a spreadsheet would count once more. */
function asCsv({ by, rows }: Statistics): string {
  const columns = Object.entries(keyColumns[by]);
  const head = csvRow([...columns.map(([name]) => name), ...measureNames]);
  const lines = rows.map((row) =>
    csvRow([...columns.map(([, cell]) => cell(row)), ...measureNames.map((name) => row[name])]),
  );
  return head + lines.join('');
}

export async function statisticsRoutes(
  instance: FastifyInstance,
  { statistics, default_locale }: { statistics: StatisticsService; default_locale: Locale },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'statistics',
    description: 'What became of slots and appointments, in numbers.',
    order: 80,
  });

  app.get(
    '/statistics/',
    {
      preHandler: anyOf(IsDoctor, IsAdmin),
      schema: {
        tags: ['statistics'],
        operationId: 'getStatistics',
        summary: 'Count slots and what became of them',
        description: [
          'The whole clinic’s for an admin, a doctor’s own for a doctor. Everything counts on the day of its visit: an ' +
            'appointment that was moved counts where it stands now, a slot that was withdrawn no longer. Days, doctors and ' +
            'specializations without anything to count have no row; `total` is over all of them, its median too. Doctors ' +
            'and specializations stand in the order of the alphabet of `Accept-Language`; a specialization that is written ' +
            'in several ways is one, shown as most write it.',
          `A range spans at most ${MAX_DAYS} days. \`Accept: text/csv\` gives the rows as CSV, without the total.`,
        ].join('\n\n'),
        querystring: statisticsQuery,
        response: {
          200: {
            description: 'What was counted.',
            content: {
              [JSON_TYPE]: { schema: statisticsAnswer },
              [CSV_TYPE]: {
                schema: z.string().meta({
                  description:
                    'RFC 4180, with a header; an apostrophe goes before what a spreadsheet would run.',
                  maxLength: 16_777_216,
                  examples: [asCsv(statisticsExample)],
                }),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const reader = chooseLocale(request.headers['accept-language'], default_locale);
      const counted = await statistics.count(request.query, request.user, reader);
      varyBy(varyBy(reply, 'accept'), 'accept-language');
      if (chooseType(request.headers.accept, [JSON_TYPE, CSV_TYPE]) === JSON_TYPE) return reply.send(counted);
      return reply
        .header('content-type', CSV_HEADER)
        .header('content-disposition', attachment(`statistics-${counted.from}-${counted.to}.csv`))
        .send(asCsv(counted));
    },
  );
}
