import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Locale } from '../../core/words.ts';
import { chooseType, varyBy } from '../../http/accept.ts';
import { asCsvFile, CSV_TYPE, type CsvColumns, type CsvReader, csvTable, csvText } from '../../http/csv.ts';
import { anyOf, IsAdmin, IsDoctor } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { chooseLocale } from '../../i18n/index.ts';
import {
  DAYS_MAX,
  measureNames,
  type Statistics,
  type StatisticsRow,
  statistics as statisticsAnswer,
  statisticsExample,
  statisticsQuery,
} from './statistics.schemas.ts';
import type { StatisticsService } from './statistics.service.ts';

const JSON_TYPE = 'application/json';

const byPeriod: CsvColumns<StatisticsRow> = { period: ({ period }, write) => write.date(period) };
/** The columns that say what a row counts. */
const keyColumns: Record<Statistics['by'], CsvColumns<StatisticsRow>> = {
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
  hour: {
    // Words count from Sunday on, rows from Monday on.
    weekday: ({ weekday }, { words }) => weekday && words.weekdays[weekday % 7],
    hour: ({ hour }) => hour,
  },
};
const measureColumns: CsvColumns<StatisticsRow> = Object.fromEntries(
  measureNames.map((name) => [name, (row: StatisticsRow) => row[name]]),
);

/** The rows without their total, which a spreadsheet would count once more. */
function asCsv({ by, rows }: Statistics, reader: CsvReader): string {
  const { head, row } = csvTable({ ...keyColumns[by], ...measureColumns }, reader);
  return head + rows.map(row).join('');
}

interface StatisticsRoutesOptions {
  statistics: StatisticsService;
  clock: Pick<Clock, 'wallOf'>;
  default_locale: Locale;
}

export async function statisticsRoutes(
  instance: FastifyInstance,
  { statistics, clock, default_locale }: StatisticsRoutesOptions,
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
          `A range spans at most ${DAYS_MAX} days. \`Accept: text/csv\` gives the rows for people, as CSV, without the total.`,
        ].join('\n\n'),
        querystring: statisticsQuery,
        response: {
          200: {
            description: 'What was counted.',
            content: {
              [JSON_TYPE]: { schema: statisticsAnswer },
              [CSV_TYPE]: {
                schema: csvText(16_777_216, asCsv(statisticsExample, { locale: 'en', clock })),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const reader = chooseLocale(request.headers['accept-language'], default_locale);
      const { separator, ...query } = request.query;
      const counted = await statistics.count(query, request.user, reader);
      varyBy(varyBy(reply, 'accept'), 'accept-language');
      if (chooseType(request.headers.accept, [JSON_TYPE, CSV_TYPE]) === JSON_TYPE) return reply.send(counted);
      const name = `statistics-${counted.from}-${counted.to}.csv`;
      return asCsvFile(reply, reader, name).send(asCsv(counted, { locale: reader, separator, clock }));
    },
  );
}
