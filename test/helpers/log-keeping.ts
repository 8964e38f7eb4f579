import type { EventReader } from '../../src/events/reading.ts';

/** Keeps each booking that it is told of in a table that would keep it twice. */
export const keeping: EventReader = {
  name: 'keeping',
  types: ['appointment.booked'],
  // Small parts, so that many of them are cut off.
  batch: 20,
  read: async (events) => async (tx) => {
    const rows = events.map(({ id, appointment_id }) => `(${id}, ${appointment_id})`).join();
    await tx.execute(`insert into kept (event_id, appointment_id) values ${rows}`);
  },
};
