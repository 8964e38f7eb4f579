import { z } from 'zod';
import { confirm, DESK, date, id, page, text, tool, unlessConfirmed, WORKS } from '../tool.rules.ts';

const visit = id('The appointment’s id');

/** Without a letter it is no name. */
const isPhone = (words: string) => /\d/.test(words) && !/\p{L}/u.test(words);

/** For those who work in the clinic. */
export const desk = [
  tool({
    name: 'todays_desk',
    title: 'A doctor’s day',
    description: 'Who comes to a doctor when, and who has come. A doctor sees their own day.',
    roles: WORKS,
    needs: [['GET', '/appointments/day/']],
    reads: true,
    input: { doctor: id('Whose day; a doctor leaves it out').optional(), date: date.optional() },
    call: async (args, api) => api.get('/appointments/day/', args),
  }),
  tool({
    name: 'find_appointments',
    title: 'Find visits',
    description: 'Visits of the clinic by doctor, patient, day or status.',
    roles: DESK,
    needs: [['GET', '/appointments/']],
    reads: true,
    input: {
      doctor: id('Only this doctor’s').optional(),
      patient: id('Only this patient’s').optional(),
      status: z.enum(['pending', 'confirmed', 'cancelled', 'expired']).optional(),
      from: date.optional(),
      to: date.optional(),
      page,
    },
    call: async (args, api) => api.get('/appointments/', args),
  }),
  tool({
    name: 'find_patients',
    title: 'Find a patient',
    description: 'Patients by at least three letters of their name in either script, or by phone.',
    roles: DESK,
    needs: [['GET', '/patients/']],
    reads: true,
    input: { search: text('Letters of the name, or a phone'), page },
    call: async ({ search, ...args }, api) =>
      api.get('/patients/', { ...args, ...(isPhone(search) ? { phone: search } : { search }) }),
  }),
  tool({
    name: 'register_patient',
    title: 'Register a patient',
    description:
      'Registers somebody without a sign-in. An error patient_may_exist names who they may be; if they are none of these, ' +
      'call again with confirm_new: true.',
    roles: DESK,
    needs: [['POST', '/patients/']],
    reads: false,
    input: {
      first_name: text('Their first name'),
      last_name: text('Their last name'),
      phone: text('Their phone, in any usual form'),
      date_of_birth: date.optional(),
      confirm_new: z.boolean().optional().describe('They are nobody of those whom patient_may_exist named'),
      confirm,
    },
    call: async ({ confirm: confirmed, ...patient }, api) =>
      unlessConfirmed(
        { confirm: confirmed },
        async () => ({ would_register: patient }),
        () => api.post('/patients/', patient),
      ),
  }),
  tool({
    name: 'confirm_appointment',
    title: 'Confirm a visit',
    description: 'Says yes to a booking that is pending.',
    roles: WORKS,
    needs: [['PATCH', '/appointments/:id/']],
    reads: false,
    input: { appointment: visit },
    call: async ({ appointment }, api) => api.patch(`/appointments/${appointment}/`, { status: 'confirmed' }),
  }),
  tool({
    name: 'mark_arrived',
    title: 'Somebody has come',
    description: 'Marks the patient of a confirmed visit as arrived.',
    roles: WORKS,
    needs: [['POST', '/appointments/:id/arrive/']],
    reads: false,
    input: { appointment: visit },
    call: async ({ appointment }, api) => api.post(`/appointments/${appointment}/arrive/`),
  }),
];
