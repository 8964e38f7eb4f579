import { FIRST, type Known, SMALL_BRANCH } from './world.ts';

/** A filter left out, and each value that costs something else: common, rare, or not there at all. */
type Choices = Record<string, readonly (string | number)[]>;

const DAYS = [
  'date=2026-03-02',
  'date=2019-01-01',
  'from=2026-03-02',
  'to=2026-03-01',
  'from=2026-02-02&to=2026-02-06',
];

/** One has nearly everything, the other hardly anything. */
const BRANCHES = [1, SMALL_BRANCH];

/**
 * Every list of the API, as whom, and what may be asked of it; `&` in a value names several filters at once. Where two
 * filters that each find very many rows are asked for together, their rows are looked through: `crowd` counts those of the
 * rarer one.
 */
export const listsOf = ({
  admin,
  doctor,
  patient,
}: Known): readonly (readonly [path: string, as: keyof Known, choices: Choices, crowd?: string])[] => [
  [
    '/users/',
    'admin',
    {
      role: ['admin', 'doctor', 'patient'],
      is_active: ['true', 'false'],
      approved: ['true', 'false'],
      search: ['karimov', '%2B998901077777', 'nobody-at-all'],
    },
  ],
  [
    '/doctors/',
    'patient',
    { search: ['karimov', 'kardiolog+aziz', 'nobody'], specialization: ['terapevt', 'alkimyo'] },
  ],
  ['/doctors/{doctor}/timeslots/', 'patient', { '': DAYS, branch: BRANCHES }],
  ['/timeslots/', 'doctor', { '': DAYS, is_available: ['true', 'false'] }],
  // Where a doctor worked long ago is looked for among all their slots.
  ['/timeslots/', 'doctor', { '': DAYS, branch: BRANCHES }, `timeslots where doctor_id = ${doctor.id}`],
  [
    '/timeslots/search/',
    'patient',
    {
      branch: [SMALL_BRANCH],
      doctor: [doctor.id],
      specialization: ['kardiolog'],
      gender: ['female'],
      weekdays: ['7'],
      after: ['22:00'],
      per_doctor: [1],
    },
  ],
  ['/waitlist/', 'patient', { status: ['waiting', 'offered', 'booked', 'left'] }],
  [
    '/waitlist/',
    'admin',
    {
      status: ['waiting', 'offered', 'booked', 'left'],
      doctor: [FIRST.doctor + 6, doctor.id],
      patient: [FIRST.patient + 7, patient.id],
    },
  ],
  ['/branches/', 'patient', {}],
  ['/rooms/', 'doctor', { branch: BRANCHES, kind: ['kind 3', 'nothing like it'] }],
  ['/services/', 'patient', { doctor: [FIRST.doctor + 6], branch: [1] }],
  ['/holidays/', 'patient', { '': DAYS.slice(2) }],
  ['/absences/', 'doctor', { '': DAYS.slice(2) }],
  [
    '/absences/',
    'admin',
    {
      '': [...DAYS.slice(2), 'from=2020-06-01&to=2020-06-02', 'from=2030-01-01', 'to=2001-01-01'],
      doctor: [FIRST.doctor + 6, doctor.id],
    },
  ],
  [
    '/appointments/',
    'admin',
    {
      '': DAYS,
      branch: [SMALL_BRANCH],
      status: ['pending', 'confirmed', 'cancelled'],
      doctor: [FIRST.doctor + 6, doctor.id],
      patient: [FIRST.patient + 7, patient.id],
    },
    `appointments where doctor_id = ${doctor.id}`,
  ],
  // Nearly everything is there: narrowed by a status, it is found among all that has it.
  ['/appointments/', 'admin', { branch: [1] }],
  ...(['admin', 'doctor', 'patient'] as const).map(
    (role) =>
      [
        '/appointments/me/',
        role,
        { '': DAYS, branch: BRANCHES, status: ['pending', 'confirmed', 'cancelled'] },
        `appointments where ${{ admin: 'booked_by', doctor: 'doctor_id', patient: 'patient_id' }[role]} = ${{ admin, doctor, patient }[role].id}`,
      ] as const,
  ),
  [
    '/doctor/patients/{patient}/appointments/',
    'doctor',
    {},
    `appointments where doctor_id = ${doctor.id} and patient_id = ${patient.id}`,
  ],
  ['/specializations/', 'patient', {}],
  ['/api-keys/', 'admin', { revoked: ['true', 'false'] }],
  ['/webhooks/{webhook}/deliveries/', 'admin', { status: ['pending', 'delivered', 'failed', 'discarded'] }],
  ['/auth/sessions/', 'patient', {}],
  ['/auth/me/access-log/', 'patient', {}],
  ['/notifications/', 'patient', { unread: ['true', 'false'] }],
  [
    '/messages/',
    'admin',
    {
      status: ['queued', 'failed', 'dropped', 'sent'],
      channel: ['sms', 'email', 'telegram'],
      user: [FIRST.patient + 7, patient.id],
    },
    `messages where channel = 'email'`,
  ],
  [
    '/audit/',
    'admin',
    {
      '': DAYS.slice(2),
      actor: [admin.id, FIRST.admin + 3],
      subject: [FIRST.patient + 7, patient.id],
      action: ['user.read', 'user.delete', 'nothing.like_it'],
    },
    `audit_entries where actor_id = ${admin.id}`,
  ],
];

/** Every combination of a list's filters. */
export function queriesOf(choices: Choices): string[] {
  return Object.entries(choices).reduce<string[]>(
    (queries, [name, values]) =>
      queries.flatMap((query) => [
        query,
        ...values.map((value) => `${query}&${name ? `${name}=${value}` : value}`),
      ]),
    [''],
  );
}
