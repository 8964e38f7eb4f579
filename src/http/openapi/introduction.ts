import { demo } from '../../core/demo.ts';
import type { Components } from './document.ts';
import { NAMED_EXAMPLES } from './documented.ts';

export interface Introduced {
  /** Whether there is a demo clinic to sign in to. */
  demo_data?: boolean | undefined;
  public_directory?: boolean | undefined;
  access_token_minutes: number;
}

const DEMO_CLINIC = `
This is a demo clinic. Its accounts all have the password \`${demo.password}\`:

| admin | receptionist | doctor | patient |
| --- | --- | --- | --- |
| \`${demo.admin.username}\` | \`${demo.receptionist.username}\` | \`${demo.doctor.username}\` | \`${demo.patient.username}\` |

The values that are filled in, and the first example of each body, work in it.
`;

const directory = (isPublic = false) =>
  isPublic
    ? 'Doctors, services, specializations, branches and free slots are shown to everybody, without a token.'
    : 'The directory is for those who book; a doctor books nobody, so a signed-in doctor gets a 403 there.';

/** What people read first. */
export const introduction = ({
  demo_data,
  public_directory,
  access_token_minutes,
}: Introduced) => `Patients book visits. Doctors publish their hours and answer the bookings. \
Admins look after everything.

**Start here**
${demo_data ? DEMO_CLINIC : ''}
1. Sign in at \`POST /api/auth/login/\`. A new patient or doctor registers first, at \`POST /api/auth/register/\`.
2. Copy \`access\` from the answer, press *Authorize* and paste it. It lasts ${access_token_minutes} minutes; \
then sign in again.
3. Go on as one of these:

| you are | you do |
| --- | --- |
| a patient | find a doctor (\`GET /api/doctors/\`) and a free slot (\`GET /api/doctors/{id}/timeslots/\`), book it \
(\`POST /api/appointments/\`), see it (\`GET /api/appointments/me/\`), move or cancel it |
| a doctor | publish slots (\`POST /api/timeslots/\`, or many at once with \`POST /api/timeslots/bulk/\`), see who has \
booked (\`GET /api/appointments/me/\`), confirm or decline (\`PATCH /api/appointments/{id}/\`), mark who came |
| a receptionist | do for patients and doctors what they ask for at the desk or by phone: book, hold, move, cancel and confirm for \
a patient (the field \`patient\`), publish for a doctor (the field \`doctor\`), say who has come |
| an admin | the same, and see every visit (\`GET /api/appointments/\`), look after accounts (\`/api/users/\`), the clinic’s policy (\`/api/settings/\`) and figures \
(\`GET /api/statistics/\`) |

What one role may call alone, with its examples: [patient](/api/docs/?role=patient),
[doctor](/api/docs/?role=doctor), [receptionist](/api/docs/?role=receptionist), [admin](/api/docs/?role=admin).

A booking is \`pending\` until its doctor, or the staff, confirms or declines it. A doctor’s id is the id of their user: \
the \`{id}\` of \`/api/doctors/{id}/\` and of \`/api/users/{id}/\` is the same number. ${directory(public_directory)}

Dates are \`YYYY-MM-DD\` and times \`HH:MM\` on the clinic's wall clock; instants are UTC. CSV is for people,
in their language and the clinic’s time. Lists take \`?page=\` and \`?page_size=\`. Errors are
\`application/problem+json\` (RFC 9457) with a stable \`code\`, in Uzbek, Russian or English by \`Accept-Language\`, as their \`Content-Language\` says. Every path works without its trailing slash too, and every answer carries an \`X-Request-Id\`, as
it was sent or a new one, which names it in the log and in problems. Later versions may add codes, kinds and fields: see
[all errors](/api/problems/). Any operation may answer 408, 414 or 431 to a request that it cannot read at all, 413 or 415 to a
body that it does not ask for, and 400 \`host_not_allowed\` under a name that is not this server’s. Headers that
protect browsers, and \`Vary\`, are on every answer, and so is \`Cache-Control\`, which says what may be kept: nothing; beside an
\`ETag\` the reader’s own copy, if they ask whether it still holds; for seconds, and by everybody, what guests are shown; photos
for ever. Unknown fields and parameters are refused (\`unknown_field\`) with the name that was probably meant.
A method that a path does not know is a 405, whose \`Allow\` names those that it knows. Searches, statistics and exports
may be a few seconds behind; booking decides by what is true now. The people whose records are shown see who
looked, under the name by which it is **noted**. A request that changes a record is noted as that change instead.
This service arranges visits; it gives no medical advice.

The same document [to try out](/api/docs/), [to read](/api/redoc/), [for machines](/api/schema/).`;

/** Where there is a demo clinic, the examples of signing in begin with its accounts. */
export function offerDemoAccounts({ schemas }: Components): void {
  const { Credentials } = schemas;
  if (!Credentials) return;
  const accounts = (['patient', 'doctor', 'admin', 'receptionist'] as const).map((role) => [
    `demo_${role}`,
    {
      summary: `As the demo ${role}`,
      value: { username: demo[role].username, password: demo.password },
    },
  ]);
  const { phone, ...others } = (Credentials[NAMED_EXAMPLES] ?? {}) as Record<string, object>;
  Credentials[NAMED_EXAMPLES] = {
    ...Object.fromEntries(accounts),
    ...others,
    ...(phone && {
      phone: { ...phone, value: { username: demo.patient.phone, password: demo.password } },
    }),
  };
}
