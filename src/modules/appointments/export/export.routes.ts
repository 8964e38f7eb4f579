import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { Locale } from '../../../core/words.ts';
import { chooseType, varyBy } from '../../../http/accept.ts';
import { asCsvFile, attachment, CSV_TYPE, type CsvColumns, csvTable, csvText } from '../../../http/csv.ts';
import { IsAdmin } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import { type Appointment, appointmentExample } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { exportQuery } from '../reading/filters.schemas.ts';

const NDJSON_TYPE = 'application/x-ndjson';

/** The columns of the CSV, in their order. */
const columns: CsvColumns<Appointment> = {
  id: ({ id }) => id,
  date: ({ date }, write) => write.date(date),
  start_time: ({ start_time }) => start_time,
  end_time: ({ end_time }) => end_time,
  status: ({ status }, { words }) => words.statuses[status],
  attendance: ({ attendance }, { words }) => attendance && words.attendances[attendance],
  doctor_id: ({ doctor }) => doctor.id,
  doctor_first_name: ({ doctor }) => doctor.first_name,
  doctor_last_name: ({ doctor }) => doctor.last_name,
  specialization: ({ doctor }) => doctor.specialization,
  patient_id: ({ patient }) => patient.id,
  patient_first_name: ({ patient }) => patient.first_name,
  patient_last_name: ({ patient }) => patient.last_name,
  patient_phone: ({ patient }, write) => write.phone(patient.phone),
  timeslot: ({ timeslot }) => timeslot,
  // With blanks alone between them, ids of three digits would be one number where blanks separate thousands.
  timeslots: ({ timeslots }) => timeslots.join(' · '),
  branch_id: ({ branch }) => branch,
  room_id: ({ room }) => room,
  service_id: ({ service }) => service?.id,
  service_name: ({ service }, { locale }) => service?.name[locale],
  price: ({ service }, write) => write.price(service?.price, service?.currency),
  currency: ({ service }) => service?.currency,
  created_at: ({ created_at }, write) => write.moment(created_at),
  updated_at: ({ updated_at }, write) => write.moment(updated_at),
  booked_by: ({ booked_by }) => booked_by,
  cancelled_by: ({ cancelled_by }) => cancelled_by,
  cancel_reason: ({ cancel_reason }, { words }) =>
    cancel_reason && (words.reasons.get(cancel_reason) ?? cancel_reason),
  cancelled_late: ({ cancelled_late }) => cancelled_late,
  version: ({ version }) => version,
  reason: ({ reason }) => reason,
  note: ({ note }) => note,
};

const asJson = (row: Appointment) => `${JSON.stringify(row)}\n`;

/** How an export is written: what stands before the rows, and each row. */
interface Form {
  head: string;
  row: (row: Appointment) => string;
}
const lines: Form = { head: '', row: asJson };

interface ExportRoutesOptions {
  appointments: Appointments;
  clock: Pick<Clock, 'wallOf'>;
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

/** All appointments that match in one answer, however many. */
export async function exportRoutes(instance: FastifyInstance, options: ExportRoutesOptions) {
  const { appointments, clock, default_locale, loggable } = options;
  const app = instance.withTypeProvider<ZodTypeProvider>();

  /** The pages as text. If a page cannot be read, the connection ends: a file that is cut off must not look complete. */
  async function* written(request: FastifyRequest, pages: AsyncIterable<Appointment[]>, { head, row }: Form) {
    if (head) yield head;
    try {
      for await (const page of pages) yield page.map(row).join('');
    } catch (error) {
      request.log.error({ error: loggable(error) }, 'an export broke off');
      // This error is logged once more on its way, so it must hold nobody's data.
      throw new Error('the export broke off');
    }
  }

  const english = csvTable(columns, { locale: 'en', clock });

  app.get(
    '/appointments/export/',
    {
      preHandler: IsAdmin,
      config: { turn: 'stream' },
      schema: {
        tags: ['appointments'],
        operationId: 'exportAppointments',
        summary: 'Export appointments',
        description:
          'All appointments that match, by time, streamed in one answer without pages: one JSON object on each line, or, for ' +
          'people, CSV with `Accept: text/csv`. Each row is as it stood when it was read. If the answer breaks off, its ' +
          'connection is closed without the end of the transfer. **Noted** as `appointment.export`, one entry for a thousand ' +
          'rows: the people whose appointments are in it see who looked.',
        querystring: exportQuery,
        response: {
          200: {
            description: 'The appointments.',
            content: {
              [NDJSON_TYPE]: {
                schema: z.string().meta({
                  description: 'One `Appointment` on each line.',
                  maxLength: 2_147_483_647,
                  examples: [asJson(appointmentExample)],
                }),
              },
              [CSV_TYPE]: { schema: csvText(2_147_483_647, english.head + english.row(appointmentExample)) },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { separator, ...filters } = request.query;
      const locale = chooseLocale(request.headers['accept-language'], default_locale);
      const isCsv = chooseType(request.headers.accept, [NDJSON_TYPE, CSV_TYPE]) === CSV_TYPE;
      const form = isCsv ? csvTable(columns, { locale, separator, clock }) : lines;
      const pages =
        request.method === 'HEAD' ? undefined : await appointments.export.readAll(filters, request.user);
      varyBy(varyBy(reply, 'accept'), 'accept-language');
      if (isCsv) asCsvFile(reply, locale, 'appointments.csv');
      else
        reply
          .header('content-type', `${NDJSON_TYPE}; charset=utf-8`)
          .header('content-disposition', attachment('appointments.ndjson'));
      return reply.send(pages ? (Readable.from(written(request, pages, form)) as never) : '');
    },
  );
}
