import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Locale } from '../../core/words.ts';
import type { Appointments } from './appointments.service.ts';
import { attendanceRoutes } from './attendance/attendance.routes.ts';
import { bookingRoutes } from './booking/booking.routes.ts';
import { cancellingRoutes } from './cancelling/cancelling.routes.ts';
import { correctingRoutes } from './correcting/correcting.routes.ts';
import { dayRoutes } from './day/day.routes.ts';
import { exportRoutes } from './export/export.routes.ts';
import { historyRoutes } from './history/history.routes.ts';
import { movingRoutes } from './moving/moving.routes.ts';
import { patientRoutes } from './reading/patient.routes.ts';
import { readingRoutes } from './reading/reading.routes.ts';

interface AppointmentsRoutesOptions {
  appointments: Appointments;
  clock: Pick<Clock, 'wallOf'>;
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

/** Documentation shows routes in this order: first what everybody does with a visit. */
export async function appointmentsRoutes(app: FastifyInstance, options: AppointmentsRoutesOptions) {
  app.describeHeading({
    name: 'appointments',
    description: 'Bookings: book, confirm, move, cancel, and whether patients came.',
    order: 60,
  });
  await app.register(bookingRoutes, options);
  await app.register(readingRoutes, options);
  await app.register(cancellingRoutes, options);
  await app.register(movingRoutes, options);
  await app.register(correctingRoutes, options);
  await app.register(attendanceRoutes, options);
  await app.register(dayRoutes, options);
  await app.register(patientRoutes, options);
  await app.register(historyRoutes, options);
  await app.register(exportRoutes, options);
}
