import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { Locale } from '../../../core/words.ts';
import { chooseType, varyBy } from '../../../http/accept.ts';
import {
  asCsvFile,
  CSV_TYPE,
  type CsvColumns,
  type CsvReader,
  csvTable,
  csvText,
} from '../../../http/csv.ts';
import { anyOf, IsDoctor, IsStaff } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import type { Appointments } from '../appointments.service.ts';
import { dayPage } from './day.pages.ts';
import { type DayEntry, type DayFound, type DayQuery, day, dayExample, dayQuery } from './day.schemas.ts';

const JSON_TYPE = 'application/json';
const HTML_TYPE = 'text/html';
const types = { json: JSON_TYPE, csv: CSV_TYPE, html: HTML_TYPE } as const;

/** Its own style and nothing else: neither a script nor anything from elsewhere. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** The columns of the CSV, in their order. */
const columns: CsvColumns<DayEntry> = {
  start_time: ({ start_time }) => start_time,
  end_time: ({ end_time }) => end_time,
  branch_id: ({ branch }) => branch,
  room_name: ({ room_name }) => room_name,
  is_available: ({ is_available }) => is_available,
  id: ({ appointment }) => appointment?.id,
  status: ({ appointment }, { words }) => appointment && words.statuses[appointment.status],
  attendance: ({ appointment }, { words }) =>
    appointment?.attendance && words.attendances[appointment.attendance],
  patient_id: ({ appointment }) => appointment?.patient.id,
  patient_first_name: ({ appointment }) => appointment?.patient.first_name,
  patient_last_name: ({ appointment }) => appointment?.patient.last_name,
  patient_phone: ({ appointment }, write) => write.phone(appointment?.patient.phone),
  date_of_birth: ({ appointment }, write) => write.date(appointment?.patient.date_of_birth),
  is_known: ({ appointment }) => appointment?.patient.is_known,
  reachable: ({ appointment }) => appointment?.patient.reachable,
  service_name: ({ appointment }, { locale }) => appointment?.service?.name[locale],
  reason: ({ appointment }) => appointment?.reason,
  note: ({ appointment }) => appointment?.note,
};

function asCsv({ entries }: { entries: DayEntry[] }, reader: CsvReader): string {
  const { head, row } = csvTable(columns, reader);
  return head + entries.map(row).join('');
}

interface DayRoutesOptions {
  appointments: Pick<Appointments, 'day'>;
  clock: Pick<Clock, 'wallOf'>;
  default_locale: Locale;
}

/** A doctor's day as one list. */
export async function dayRoutes(instance: FastifyInstance, options: DayRoutesOptions) {
  const { appointments, clock, default_locale } = options;
  const app = instance.withTypeProvider<ZodTypeProvider>();

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { format, separator }: DayQuery,
    found: DayFound,
  ) {
    const { locale: own, ...shown } = found;
    varyBy(varyBy(reply, 'accept'), 'accept-language').header('cache-control', 'private, no-store');
    const type = format
      ? types[format]
      : chooseType(request.headers.accept, [JSON_TYPE, CSV_TYPE, HTML_TYPE]);
    if (type === JSON_TYPE) return reply.send(shown);
    const asked = chooseLocale(request.headers['accept-language'], default_locale);
    // A table, as all others.
    if (type === CSV_TYPE)
      return asCsvFile(reply, asked, `day-${shown.doctor.id}-${shown.date}.csv`).send(
        asCsv(shown, { locale: asked, separator, clock }),
      );
    const locale = own ?? asked;
    return reply
      .header('content-language', locale)
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .header('x-robots-tag', 'noindex, nofollow')
      .send(dayPage(shown, locale));
  }

  app.get(
    '/appointments/day/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: { errors: ['doctor_not_found'] },
      schema: {
        tags: ['appointments'],
        operationId: 'getDay',
        summary: 'See a doctor’s day',
        description:
          'One list by time: the slots that nobody has, and the visits that are on, each with its patient, whether they are ' +
          'new here and whether a message reaches them. A doctor sees their own, staff name the `doctor`. What is cancelled ' +
          'or expired is not in it. `format=csv` or `Accept: text/csv` gives CSV, `format=html` or `Accept: text/html` a page ' +
          'to print, in the reader’s language. **Noted** as `appointment.day`, once a day for each reader, doctor, day and its ' +
          'patients.',
        querystring: dayQuery,
        response: {
          200: {
            description: 'The day.',
            content: {
              [JSON_TYPE]: { schema: day },
              [CSV_TYPE]: {
                schema: csvText(16_777_216, asCsv(dayExample, { locale: 'en', clock })),
              },
              [HTML_TYPE]: {
                schema: z.string().meta({
                  description: 'A page to print, without a script.',
                  maxLength: 16_777_216,
                  examples: ['<!doctype html>'],
                }),
              },
            },
          },
        },
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        request.query,
        await appointments.day.read(request.query, request.user),
      ) as never,
  );
}
