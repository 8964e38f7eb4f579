import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Locale } from '../../../core/words.ts';
import { chooseType, varyBy } from '../../../http/accept.ts';
import { attachment, type Cell, CSV_HEADER, CSV_TYPE, csvRow } from '../../../http/csv.ts';
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
const columns = {
  start_time: ({ start_time }) => start_time,
  end_time: ({ end_time }) => end_time,
  branch: ({ branch }) => branch,
  room: ({ room_name }) => room_name,
  is_available: ({ is_available }) => is_available,
  appointment: ({ appointment }) => appointment?.id,
  status: ({ appointment }) => appointment?.status,
  attendance: ({ appointment }) => appointment?.attendance,
  patient_id: ({ appointment }) => appointment?.patient.id,
  patient_first_name: ({ appointment }) => appointment?.patient.first_name,
  patient_last_name: ({ appointment }) => appointment?.patient.last_name,
  patient_phone: ({ appointment }) => appointment?.patient.phone,
  date_of_birth: ({ appointment }) => appointment?.patient.date_of_birth,
  is_known: ({ appointment }) => appointment?.patient.is_known,
  reachable: ({ appointment }) => appointment?.patient.reachable,
  service: ({ appointment }, locale) => appointment?.service?.name[locale],
  reason: ({ appointment }) => appointment?.reason,
  note: ({ appointment }) => appointment?.note,
} satisfies Record<string, (entry: DayEntry, locale: Locale) => Cell>;

const asCsv = ({ entries }: { entries: DayEntry[] }, locale: Locale) =>
  [
    csvRow(Object.keys(columns)),
    ...entries.map((entry) => csvRow(Object.values(columns).map((read) => read(entry, locale)))),
  ].join('');

interface DayRoutesOptions {
  appointments: Pick<Appointments, 'day'>;
  default_locale: Locale;
}

/** A doctor's day as one list. */
export async function dayRoutes(instance: FastifyInstance, options: DayRoutesOptions) {
  const { appointments, default_locale } = options;
  const app = instance.withTypeProvider<ZodTypeProvider>();

  function answer(request: FastifyRequest, reply: FastifyReply, { format }: DayQuery, found: DayFound) {
    const { locale: own, ...shown } = found;
    varyBy(varyBy(reply, 'accept'), 'accept-language').header('cache-control', 'private, no-store');
    const type = format
      ? types[format]
      : chooseType(request.headers.accept, [JSON_TYPE, CSV_TYPE, HTML_TYPE]);
    if (type === JSON_TYPE) return reply.send(shown);
    const locale = own ?? chooseLocale(request.headers['accept-language'], default_locale);
    reply.header('content-language', locale);
    if (type === CSV_TYPE)
      return reply
        .type(CSV_HEADER)
        .header('content-disposition', attachment(`day-${shown.doctor.id}-${shown.date}.csv`))
        .send(asCsv(shown, locale));
    return reply
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
                schema: z.string().meta({
                  description:
                    'RFC 4180, with a header. An apostrophe stands before what a spreadsheet would run.',
                  maxLength: 16_777_216,
                  examples: [asCsv(dayExample, 'en')],
                }),
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
