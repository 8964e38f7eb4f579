import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { chooseType, varyBy } from '../../../http/accept.ts';
import { attachment, type Cell, CSV_HEADER, CSV_TYPE, csvRow } from '../../../http/csv.ts';
import { IsAdmin } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { type Appointment, appointmentExample } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { exportFilters } from '../reading/filters.schemas.ts';

const NDJSON_TYPE = 'application/x-ndjson';

/** The columns of the CSV, in their order. */
const columns = {
  id: ({ id }) => id,
  date: ({ date }) => date,
  start_time: ({ start_time }) => start_time,
  end_time: ({ end_time }) => end_time,
  status: ({ status }) => status,
  attendance: ({ attendance }) => attendance,
  doctor_id: ({ doctor }) => doctor.id,
  doctor_first_name: ({ doctor }) => doctor.first_name,
  doctor_last_name: ({ doctor }) => doctor.last_name,
  specialization: ({ doctor }) => doctor.specialization,
  patient_id: ({ patient }) => patient.id,
  patient_first_name: ({ patient }) => patient.first_name,
  patient_last_name: ({ patient }) => patient.last_name,
  patient_phone: ({ patient }) => patient.phone,
  timeslot: ({ timeslot }) => timeslot,
  timeslots: ({ timeslots }) => timeslots.join(' '),
  branch: ({ branch }) => branch,
  room: ({ room }) => room,
  service: ({ service }) => service?.id ?? null,
  service_name: ({ service }) => service?.name.en ?? null,
  price: ({ service }) => service?.price ?? null,
  currency: ({ service }) => service?.currency ?? null,
  created_at: ({ created_at }) => created_at,
  updated_at: ({ updated_at }) => updated_at,
  booked_by: ({ booked_by }) => booked_by,
  cancelled_by: ({ cancelled_by }) => cancelled_by,
  cancel_reason: ({ cancel_reason }) => cancel_reason,
  cancelled_late: ({ cancelled_late }) => cancelled_late,
  version: ({ version }) => version,
  reason: ({ reason }) => reason,
  note: ({ note }) => note,
} satisfies Record<string, (row: Appointment) => Cell>;

const head = csvRow(Object.keys(columns));
const asCsv = (row: Appointment) => csvRow(Object.values(columns).map((cell) => cell(row)));
const asJson = (row: Appointment) => `${JSON.stringify(row)}\n`;

/** How each type is written: what stands before the rows, and each row. */
const formats = {
  [NDJSON_TYPE]: {
    type: `${NDJSON_TYPE}; charset=utf-8`,
    name: 'appointments.ndjson',
    head: '',
    row: asJson,
  },
  [CSV_TYPE]: { type: CSV_HEADER, name: 'appointments.csv', head, row: asCsv },
};

interface ExportRoutesOptions {
  appointments: Appointments;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

/** All appointments that match in one answer, however many. */
export async function exportRoutes(instance: FastifyInstance, options: ExportRoutesOptions) {
  const { appointments, loggable } = options;
  const app = instance.withTypeProvider<ZodTypeProvider>();

  /** The pages as text. If a page cannot be read, the connection ends: a file that is cut off must not look complete. */
  async function* written(
    request: FastifyRequest,
    pages: AsyncIterable<Appointment[]>,
    { head: first, row }: (typeof formats)[keyof typeof formats],
  ) {
    if (first) yield first;
    try {
      for await (const page of pages) yield page.map(row).join('');
    } catch (error) {
      request.log.error({ error: loggable(error) }, 'an export broke off');
      // This error is logged once more on its way, so it must hold nobody's data.
      throw new Error('the export broke off');
    }
  }

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
          'All appointments that match, by time, streamed in one answer without pages: one JSON object on each line, or CSV with ' +
          '`Accept: text/csv`. Each row is as it stood when it was read. If the answer breaks off, its connection is closed ' +
          'without the end of the transfer. **Noted** as `appointment.export`, one entry for a thousand rows: the people whose ' +
          'appointments are in it see who looked.',
        querystring: exportFilters,
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
              [CSV_TYPE]: {
                schema: z.string().meta({
                  description:
                    'RFC 4180, with a header. An apostrophe stands before what a spreadsheet would run.',
                  maxLength: 2_147_483_647,
                  examples: [head + asCsv(appointmentExample)],
                }),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const format = formats[chooseType(request.headers.accept, [NDJSON_TYPE, CSV_TYPE])];
      const pages =
        request.method === 'HEAD'
          ? undefined
          : await appointments.export.readAll(request.query, request.user);
      return varyBy(reply, 'accept')
        .header('content-type', format.type)
        .header('content-disposition', attachment(format.name))
        .send(pages ? (Readable.from(written(request, pages, format)) as never) : '');
    },
  );
}
