import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { sideOf } from '../../../core/roles.ts';
import {
  BOOKS,
  confirm,
  date,
  id,
  PATIENT,
  page,
  patientOf,
  text,
  tool,
  unlessConfirmed,
  WORKS,
} from '../tool.rules.ts';

const visit = id('The appointment’s id');
const slot = id('The slot’s id, from find_slots');
const ONE = ['GET', '/appointments/:id/'] as const;

/** Holding, booking, moving and cancelling. */
export const booking = [
  tool({
    name: 'hold_slot',
    title: 'Hold a slot',
    description:
      'Keeps a slot for some minutes, while the person decides. One at a time; a new hold lets the other go.',
    roles: BOOKS,
    needs: [['POST', '/timeslots/:id/hold/']],
    reads: false,
    input: {
      timeslot: slot,
      patient: patientOf,
      service: id('For which service: all the slots that it takes, and its room').optional(),
    },
    call: async ({ timeslot, ...body }, api) => api.post(`/timeslots/${timeslot}/hold/`, body),
  }),
  tool({
    name: 'release_slot',
    title: 'Let a held slot go',
    description: 'Gives back a slot that was held and is not wanted.',
    roles: BOOKS,
    needs: [['DELETE', '/timeslots/:id/hold/']],
    reads: false,
    input: { timeslot: slot, patient: patientOf },
    call: async ({ timeslot, ...body }, api) =>
      (await api.delete(`/timeslots/${timeslot}/hold/`, body)) ?? { done: true },
  }),
  tool({
    name: 'book_appointment',
    title: 'Book a visit',
    description:
      'Books a slot. First without confirm: that is a preview with a booking_key. Then, once the person agrees, with ' +
      'confirm: true and that key: repeated with the same key it books once. Refused, the error names alternatives.',
    roles: BOOKS,
    needs: [['POST', '/appointments/']],
    reads: false,
    input: {
      timeslot: slot,
      patient: patientOf,
      service: id('Which service, where the doctor gives some').optional(),
      reason: text('Why they come, in their own words').optional(),
      booking_key: text('From the preview: makes a repeat harmless').optional(),
      confirm,
    },
    call: async ({ confirm: confirmed, booking_key = randomUUID(), ...body }, api) =>
      unlessConfirmed(
        { confirm: confirmed },
        async () => ({ would_book: body, booking_key }),
        () => api.post('/appointments/', body, { 'idempotency-key': booking_key }),
      ),
  }),
  tool({
    name: 'move_appointment',
    title: 'Move a visit',
    description: 'Moves a visit to another slot in one step: the old one is kept until the new one is had.',
    roles: BOOKS,
    needs: [ONE, ['POST', '/appointments/:id/reschedule/']],
    reads: false,
    input: { appointment: visit, timeslot: slot, confirm },
    call: async ({ appointment, timeslot, ...args }, api) =>
      unlessConfirmed(
        args,
        async () => ({ would_move: await api.get(`/appointments/${appointment}/`), to: { timeslot } }),
        () => api.post(`/appointments/${appointment}/reschedule/`, { timeslot }),
      ),
  }),
  tool({
    name: 'cancel_appointment',
    title: 'Cancel a visit',
    description:
      'Cancels a visit; its slot is free for others at once. Staff and doctors say why; a patient may.',
    roles: [...PATIENT, ...WORKS],
    needs: [ONE, ['PATCH', '/appointments/:id/'], ['DELETE', '/appointments/:id/']],
    reads: false,
    input: { appointment: visit, reason: text('Why').optional(), confirm },
    call: async ({ appointment, reason, ...args }, api) =>
      unlessConfirmed(
        args,
        async () => ({ would_cancel: await api.get(`/appointments/${appointment}/`) }),
        () => {
          const why = reason === undefined ? {} : { reason };
          return sideOf(api.role) === 'patient'
            ? api.delete(`/appointments/${appointment}/`, why)
            : api.patch(`/appointments/${appointment}/`, { status: 'cancelled', ...why });
        },
      ),
  }),
  tool({
    name: 'my_appointments',
    title: 'My visits',
    description: 'One’s own visits by time: a patient’s, with their children’s, or a doctor’s.',
    roles: ['patient', 'doctor'],
    needs: [['GET', '/appointments/me/']],
    reads: true,
    input: {
      status: z.enum(['pending', 'confirmed', 'cancelled', 'expired']).optional(),
      from: date.optional(),
      to: date.optional(),
      page,
    },
    call: async (args, api) => api.get('/appointments/me/', args),
  }),
];
