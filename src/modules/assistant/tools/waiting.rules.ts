import { BOOKS, confirm, date, id, page, patientOf, text, tool, unlessConfirmed } from '../tool.rules.ts';

const entry = id('The entry’s id, from list_waitlist');

/** The waiting list. */
export const waiting = [
  tool({
    name: 'list_waitlist',
    title: 'The waiting list',
    description: 'What is waited for, and what is offered at this moment.',
    roles: BOOKS,
    needs: [['GET', '/waitlist/']],
    reads: true,
    input: { page },
    call: async (args, api) => api.get('/waitlist/', args),
  }),
  tool({
    name: 'join_waitlist',
    title: 'Wait for a slot',
    description:
      'Waits for a doctor, or for anybody of a specialization, on some days. Who is offered a slot is told.',
    roles: BOOKS,
    needs: [['POST', '/waitlist/']],
    reads: false,
    input: {
      doctor: id('This doctor, or else a specialization').optional(),
      specialization: text('Any doctor of this one').optional(),
      service: id('For this service').optional(),
      from: date,
      to: date,
      patient: patientOf,
      confirm,
    },
    call: async ({ confirm: confirmed, ...wish }, api) =>
      unlessConfirmed(
        { confirm: confirmed },
        async () => ({ would_wait_for: wish }),
        () => api.post('/waitlist/', wish),
      ),
  }),
  tool({
    name: 'leave_waitlist',
    title: 'Wait no longer',
    description: 'Takes an entry off the waiting list.',
    roles: BOOKS,
    needs: [
      ['GET', '/waitlist/:id/'],
      ['DELETE', '/waitlist/:id/'],
    ],
    reads: false,
    input: { entry, confirm },
    call: async ({ entry: own, ...args }, api) =>
      unlessConfirmed(
        args,
        async () => ({ would_leave: await api.get(`/waitlist/${own}/`) }),
        () => api.delete(`/waitlist/${own}/`),
      ),
  }),
  tool({
    name: 'accept_offer',
    title: 'Take an offered slot',
    description: 'Books the slot that an entry of the waiting list is offered.',
    roles: BOOKS,
    needs: [
      ['GET', '/waitlist/:id/'],
      ['POST', '/waitlist/:id/accept/'],
    ],
    reads: false,
    input: { entry, confirm },
    call: async ({ entry: own, ...args }, api) =>
      unlessConfirmed(
        args,
        async () => ({ would_accept: await api.get(`/waitlist/${own}/`) }),
        () => api.post(`/waitlist/${own}/accept/`),
      ),
  }),
];
