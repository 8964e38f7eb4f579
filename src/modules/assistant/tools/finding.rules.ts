import { z } from 'zod';
import { BOOKS, date, id, page, text, tool } from '../tool.rules.ts';

const specialization = text(
  'Any name of a specialization, in Uzbek, Russian or English: Kardiolog, Кардиолог, Cardiologist',
);

/** What the clinic has: anybody may see it. */
export const finding = [
  tool({
    name: 'about_clinic',
    title: 'The clinic',
    description: 'The clinic’s name, time zone, branches, and what it asks of those who book and cancel.',
    roles: ['patient', 'doctor', 'receptionist', 'admin'],
    needs: [],
    reads: true,
    input: {},
    call: async (_args, api) => api.get('/clinic/'),
  }),
  tool({
    name: 'list_specializations',
    title: 'Specializations',
    description: 'What doctors there are: each specialization with its names and how many doctors have it.',
    roles: BOOKS,
    needs: [['GET', '/specializations/']],
    reads: true,
    input: { page },
    call: async (args, api) => api.get('/specializations/', { ...args, page_size: 50 }),
  }),
  tool({
    name: 'find_doctors',
    title: 'Find doctors',
    description:
      'Doctors by words of their name or by specialization. Their ids are needed to look for slots.',
    roles: BOOKS,
    needs: [['GET', '/doctors/']],
    reads: true,
    input: {
      search: text('Words of the name, in either script').optional(),
      specialization: specialization.optional(),
      page,
    },
    call: async (args, api) => api.get('/doctors/', args),
  }),
  tool({
    name: 'list_services',
    title: 'Services',
    description: 'What doctors give: how long it takes, its price in minor units, how to prepare.',
    roles: BOOKS,
    needs: [['GET', '/services/']],
    reads: true,
    input: {
      doctor: id('Only what this doctor gives').optional(),
      specialization: specialization.optional(),
      page,
    },
    call: async (args, api) => api.get('/services/', args),
  }),
  tool({
    name: 'find_slots',
    title: 'Find free slots',
    description:
      'The earliest slots that can be booked, with their doctors. A booking needs the id of one. Times are the clinic’s.',
    roles: BOOKS,
    needs: [['GET', '/timeslots/search/']],
    reads: true,
    input: {
      doctor: id('Only this doctor').optional(),
      specialization: specialization.optional(),
      service: id('Only slots from which this service fits').optional(),
      branch: id('Only in this branch').optional(),
      from: date.optional(),
      to: date.optional(),
      after: text('Not before this time of day, HH:MM').optional(),
      before: text('Over by this time of day, HH:MM').optional(),
      weekdays: text('Such as 1,2: Monday and Tuesday').optional(),
      per_doctor: z.int().min(1).optional().describe('At most so many of each doctor'),
      page,
    },
    call: async (args, api) => api.get('/timeslots/search/', { page_size: 10, ...args }),
  }),
];
