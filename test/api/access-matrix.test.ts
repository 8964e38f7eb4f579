import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNELS } from '../helpers/accounts.ts';
import { PASSWORD, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { type Caller, everybody, type People } from './access/people.ts';
import { createRequests } from './access/requests.ts';

/**
 * Who may do what, written down by hand from section 3 of the contract and from the clinic's model. `own` is the patient or
 * doctor whom the record names, `other` any other one; where a path names no owned record the two must not differ. A guardian
 * asks about a child of theirs, and the claimed patient about what they had when the desk made their record. The receptionist
 * works everywhere, the other one in another branch than the one where all of this is. The directory is public here; where it is
 * not, see directory.test.ts.
 */
const table = `
                                                   nobody  own patient  other patient  guardian  claimed patient  own doctor  other doctor  receptionist  other receptionist  admin
  POST /api/auth/register/                         201     201          201            201       201              201         201           201           201                 201
  POST /api/auth/login/                            200     200          200            200       200              200         200           200           200                 200
  POST /api/auth/token/refresh/                    200     200          200            200       200              200         200           200           200                 200
  GET /api/auth/me/                                401     200          200            200       200              200         200           200           200                 200
  PATCH /api/auth/me/                              401     200          200            200       200              200         200           200           200                 200
  DELETE /api/auth/me/                             401     400          400            400       400              400         400           400           400                 400
  POST /api/auth/logout/                           401     204          204            204       204              204         204           204           204                 204
  GET /api/auth/sessions/                          401     200          200            200       200              200         200           200           200                 200
  DELETE /api/auth/sessions/                       401     204          204            204       204              204         204           204           204                 204
  DELETE /api/auth/sessions/{id}/                  401     404          404            404       404              404         404           404           404                 404
  POST /api/auth/password/change/                  401     400          400            400       400              400         400           400           400                 400
  POST /api/auth/password/reset/                   202     202          202            202       202              202         202           202           202                 202
  POST /api/auth/password/reset/confirm/           400     400          400            400       400              400         400           400           400                 400
  POST /api/auth/claim/                            202     202          202            202       202              202         202           202           202                 202
  POST /api/auth/claim/confirm/                    400     400          400            400       400              400         400           400           400                 400
  POST /api/auth/login/second-step/                400     400          400            400       400              400         400           400           400                 400
  GET /api/auth/two-step/                          401     200          200            200       200              200         200           200           200                 200
  POST /api/auth/two-step/enrol/                   401     200          200            200       200              200         200           200           200                 200
  POST /api/auth/two-step/confirm/                 400     400          400            400       400              400         400           400           400                 400
  DELETE /api/auth/two-step/                       401     409          409            409       409              409         409           409           409                 409
  GET /api/auth/passkeys/                          401     200          200            200       200              200         200           200           200                 200
  POST /api/auth/passkeys/start/                   401     200          200            200       200              200         200           200           200                 200
  POST /api/auth/passkeys/                         401     400          400            400       400              400         400           400           400                 400
  DELETE /api/auth/passkeys/{id}/                  401     404          404            404       404              404         404           404           404                 404
  POST /api/auth/passkeys/sign-in/start/           200     200          200            200       200              200         200           200           200                 200
  POST /api/auth/passkeys/sign-in/                 400     400          400            400       400              400         400           400           400                 400
  POST /api/auth/introspect/                       401     403          403            403       403              403         403           403           403                 200
  POST /api/auth/phone/verify/                     401     202          202            202       202              202         202           202           202                 202
  POST /api/auth/phone/verify/confirm/             401     400          400            400       400              400         400           400           400                 400
  POST /api/auth/phone/prove/                      401     409          409            409       202              409         409           409           409                 409
  POST /api/auth/email/prove/                      401     409          409            409       409              409         409           409           409                 409
  POST /api/auth/email/verify/                     401     202          202            202       202              202         202           202           202                 202
  POST /api/auth/email/verify/confirm/             401     400          400            400       400              400         400           400           400                 400
  GET /api/auth/me/export/                         401     200          200            200       200              200         200           200           200                 200
  GET /api/auth/me/access-log/                     401     200          200            200       200              200         200           200           200                 200
  GET /api/auth/me/consents/                       401     200          200            200       200              200         200           200           200                 200
  POST /api/auth/me/consents/                      401     200          200            200       200              200         200           200           200                 200
  GET /api/auth/providers/                         200     200          200            200       200              200         200           200           200                 200
  POST /api/auth/providers/{provider}/start/       404     404          404            404       404              404         404           404           404                 404
  POST /api/auth/providers/token/                  400     400          400            400       400              400         400           400           400                 400
  POST /api/auth/providers/{provider}/id-token/    404     404          404            404       404              404         404           404           404                 404
  POST /api/auth/telegram/                         404     404          404            404       404              404         404           404           404                 404
  GET /api/auth/identities/                        401     200          200            200       200              200         200           200           200                 200
  DELETE /api/auth/identities/{id}/                401     404          404            404       404              404         404           404           404                 404
  GET /api/audit/                                  401     403          403            403       403              403         403           403           403                 200
  GET /api/patients/                               401     403          403            403       403              403         403           400           400                 400
  POST /api/patients/                              401     403          403            403       403              403         403           201           201                 201
  GET /api/patients/{id}/                          401     403          403            403       403              403         403           200           200                 200
  PATCH /api/patients/{id}/                        401     403          403            403       403              403         403           200           200                 200
  POST /api/patients/{id}/phone/verify/            401     403          403            403       403              403         403           202           202                 202
  POST /api/patients/{id}/phone/verify/confirm/    401     403          403            403       403              403         403           400           400                 400
  POST /api/patients/{id}/phone/vouch/             401     403          403            403       403              403         403           200           200                 200
  POST /api/patients/{id}/guardians/               401     403          403            403       403              403         403           409           409                 409
  POST /api/patients/{id}/merge/                   401     403          403            403       403              403         403           403           403                 200
  GET /api/users/                                  401     403          403            403       403              403         403           403           403                 200
  POST /api/users/                                 401     403          403            403       403              403         403           403           403                 201
  GET /api/users/{id}/                             401     403          403            403       403              403         403           403           403                 200
  PATCH /api/users/{id}/                           401     403          403            403       403              403         403           403           403                 200
  DELETE /api/users/{id}/                          401     403          403            403       403              403         403           403           403                 204
  DELETE /api/users/{id}/two-step/                 401     403          403            403       403              403         403           403           403                 204
  POST /api/users/{id}/approve/                    401     403          403            403       403              403         403           403           403                 200
  GET /api/doctors/                                200     200          200            200       200              200         200           200           200                 200
  GET /api/doctors/{id}/                           200     200          200            200       200              200         200           200           200                 200
  GET /api/specializations/                        200     200          200            200       200              200         200           200           200                 200
  POST /api/specializations/                       401     403          403            403       403              403         403           403           403                 201
  PATCH /api/specializations/{id}/                 401     403          403            403       403              403         403           403           403                 200
  POST /api/specializations/{id}/join/             401     403          403            403       403              403         403           403           403                 200
  GET /api/api-keys/                               401     403          403            403       403              403         403           403           403                 200
  POST /api/api-keys/                              401     403          403            403       403              403         403           403           403                 201
  GET /api/api-keys/{id}/                          401     403          403            403       403              403         403           403           403                 200
  DELETE /api/api-keys/{id}/                       401     403          403            403       403              403         403           403           403                 204
  GET /api/branches/                               200     200          200            200       200              200         200           200           200                 200
  POST /api/branches/                              401     403          403            403       403              403         403           403           403                 201
  GET /api/branches/{id}/                          200     200          200            200       200              200         200           200           200                 200
  PATCH /api/branches/{id}/                        401     403          403            403       403              403         403           403           403                 200
  DELETE /api/branches/{id}/                       401     403          403            403       403              403         403           403           403                 204
  GET /api/rooms/                                  401     403          403            403       403              200         200           200           200                 200
  POST /api/rooms/                                 401     403          403            403       403              403         403           403           403                 201
  GET /api/rooms/{id}/                             401     403          403            403       403              200         200           200           404                 200
  PATCH /api/rooms/{id}/                           401     403          403            403       403              403         403           403           403                 200
  DELETE /api/rooms/{id}/                          401     403          403            403       403              403         403           403           403                 204
  GET /api/services/                               200     200          200            200       200              200         200           200           200                 200
  POST /api/services/                              401     403          403            403       403              403         403           403           403                 201
  GET /api/services/{id}/                          200     200          200            200       200              200         200           200           200                 200
  PATCH /api/services/{id}/                        401     403          403            403       403              403         403           403           403                 200
  DELETE /api/services/{id}/                       401     403          403            403       403              403         403           403           403                 204
  GET /api/doctors/{id}/services/                  200     200          200            200       200              200         200           200           200                 200
  PUT /api/doctors/{id}/services/                  401     403          403            403       403              403         403           403           403                 200
  PUT /api/doctor/photo/                           401     403          403            403       403              200         200           403           403                 403
  DELETE /api/doctor/photo/                        401     403          403            403       403              204         204           403           403                 403
  PUT /api/doctors/{id}/photo/                     401     403          403            403       403              403         403           403           403                 200
  DELETE /api/doctors/{id}/photo/                  401     403          403            403       403              403         403           403           403                 204
  GET /photos/{file}                               404     404          404            404       404              404         404           404           404                 404
  GET /api/doctors/{id}/timeslots/                 200     200          200            200       200              200         200           200           200                 200
  GET /api/doctor/profile/                         401     403          403            403       403              200         200           403           403                 403
  PATCH /api/doctor/profile/                       401     403          403            403       403              200         200           403           403                 403
  GET /api/patient/profile/                        401     200          200            200       200              403         403           403           403                 403
  PATCH /api/patient/profile/                      401     200          200            200       200              403         403           403           403                 403
  POST /api/patient/dependants/                    401     201          201            201       201              403         403           403           403                 403
  GET /api/patient/dependants/                     401     200          200            200       200              403         403           403           403                 403
  GET /api/patient/dependants/{id}/                401     200          404            200       200              403         403           403           403                 403
  PATCH /api/patient/dependants/{id}/              401     200          404            200       200              403         403           403           403                 403
  DELETE /api/patient/dependants/{id}/             401     204          404            204       204              403         403           403           403                 403
  POST /api/patient/dependants/{id}/invite/        401     201          404            201       201              403         403           403           403                 403
  POST /api/patient/dependants/join/               401     201          201            201       201              403         403           403           403                 403
  DELETE /api/patients/{id}/guardians/{guardian}/  401     403          403            403       403              403         403           403           403                 204
  POST /api/timeslots/                             401     403          403            403       403              201         403           201           403                 201
  POST /api/timeslots/bulk/                        401     403          403            403       403              201         403           201           403                 201
  GET /api/doctor/schedule/                        401     403          403            403       403              200         200           403           403                 403
  PUT /api/doctor/schedule/                        401     403          403            403       403              200         200           403           403                 403
  GET /api/doctors/{id}/schedule/                  401     403          403            403       403              403         403           200           200                 200
  PUT /api/doctors/{id}/schedule/                  401     403          403            403       403              403         403           200           200                 200
  GET /api/holidays/                               401     200          200            200       200              200         200           200           200                 200
  POST /api/holidays/                              401     403          403            403       403              403         403           403           403                 201
  GET /api/holidays/{id}/                          401     200          200            200       200              200         200           200           200                 200
  DELETE /api/holidays/{id}/                       401     403          403            403       403              403         403           403           403                 204
  POST /api/absences/                              401     403          403            403       403              201         403           201           404                 201
  GET /api/absences/                               401     403          403            403       403              200         200           200           200                 200
  GET /api/absences/{id}/                          401     403          403            403       403              200         404           200           404                 200
  DELETE /api/absences/{id}/                       401     403          403            403       403              204         404           204           404                 204
  GET /api/timeslots/                              401     403          403            403       403              200         200           403           403                 403
  POST /api/waitlist/                              401     201          404            201       201              403         403           201           201                 201
  GET /api/waitlist/                               401     200          200            200       200              403         403           200           200                 200
  GET /api/waitlist/{id}/                          401     200          404            200       200              403         403           200           200                 200
  DELETE /api/waitlist/{id}/                       401     204          404            204       204              403         403           204           204                 204
  POST /api/waitlist/{id}/accept/                  401     201          404            201       201              403         403           201           404                 201
  POST /api/waitlist/{id}/decline/                 401     200          404            200       200              403         403           200           200                 200
  GET /api/timeslots/search/                       200     200          200            200       200              200         200           200           200                 200
  GET /api/timeslots/{id}/                         401     403          403            403       403              200         403           200           404                 200
  DELETE /api/timeslots/{id}/                      401     403          403            403       403              204         403           204           404                 204
  POST /api/timeslots/{id}/hold/                   401     200          200            200       200              403         403           200           404                 200
  DELETE /api/timeslots/{id}/hold/                 401     204          204            204       204              403         403           204           404                 204
  POST /api/appointments/                          401     201          404            201       201              404         403           201           404                 201
  GET /api/appointments/me/                        401     200          200            200       200              200         200           200           200                 200
  GET /api/appointments/                           401     403          403            403       403              403         403           200           200                 200
  GET /api/appointments/{id}/                      401     200          404            200       200              200         404           200           404                 200
  PATCH /api/appointments/{id}/                    401     403          403            403       403              200         404           200           404                 200
  DELETE /api/appointments/{id}/                   401     204          404            204       204              403         403           204           404                 204
  POST /api/appointments/{id}/reschedule/          401     200          404            200       200              403         403           200           404                 200
  GET /api/appointments/{id}/history/              401     200          404            200       200              200         404           200           404                 200
  POST /api/appointments/{id}/arrive/              401     403          403            403       403              200         404           200           404                 200
  POST /api/appointments/{id}/complete/            401     403          403            403       403              200         404           403           403                 200
  POST /api/appointments/{id}/no-show/             401     403          403            403       403              200         404           200           404                 200
  DELETE /api/appointments/{id}/attendance/        401     403          403            403       403              204         404           204           404                 204
  GET /api/appointments/export/                    401     403          403            403       403              403         403           403           403                 200
  POST /api/appointments/{id}/patient/             401     403          403            403       403              403         403           403           403                 200
  GET /api/appointments/day/                       401     403          403            403       403              200         200           400           400                 400
  GET /api/doctor/patients/{id}/appointments/      401     403          403            403       403              200         404           403           403                 403
  GET /api/statistics/                             401     403          403            403       403              200         200           403           403                 200
  GET /api/settings/                               401     403          403            403       403              403         403           403           403                 200
  PATCH /api/settings/                             401     403          403            403       403              403         403           403           403                 200
  POST /api/stream/ticket/                         401     200          200            200       200              200         200           200           200                 200
  GET /api/stream/                                 401     200          200            200       200              200         200           200           200                 200
  POST /api/webhooks/                              401     403          403            403       403              403         403           403           403                 201
  GET /api/webhooks/                               401     403          403            403       403              403         403           403           403                 200
  GET /api/webhooks/{id}/                          401     403          403            403       403              403         403           403           403                 200
  PATCH /api/webhooks/{id}/                        401     403          403            403       403              403         403           403           403                 200
  DELETE /api/webhooks/{id}/                       401     403          403            403       403              403         403           403           403                 204
  POST /api/webhooks/{id}/rotate/                  401     403          403            403       403              403         403           403           403                 200
  POST /api/webhooks/{id}/test/                    401     403          403            403       403              403         403           403           403                 202
  GET /api/webhooks/{id}/deliveries/               401     403          403            403       403              403         403           403           403                 200
  POST /api/webhooks/{id}/replay/                  401     403          403            403       403              403         403           403           403                 200
  POST /api/deliveries/{id}/replay/                401     403          403            403       403              403         403           403           403                 200
  GET /api/system/                                 401     403          403            403       403              403         403           403           403                 200
  PUT /api/system/log-level/                       401     403          403            403       403              403         403           403           403                 200
  GET /api/notifications/                          401     200          200            200       200              200         200           200           200                 200
  POST /api/notifications/{id}/read/               401     204          404            404       204              404         404           404           404                 404
  POST /api/notifications/read-all/                401     204          204            204       204              204         204           204           204                 204
  GET /api/notifications/preferences/              401     200          200            200       200              200         200           200           200                 200
  PATCH /api/notifications/preferences/            401     200          200            200       200              200         200           200           200                 200
  POST /api/notifications/telegram/link/           401     409          409            409       409              409         409           409           409                 409
  DELETE /api/notifications/telegram/link/         401     204          204            204       204              204         204           204           204                 204
  POST /api/calendar/feeds/                        401     201          201            201       201              201         201           403           403                 403
  GET /api/calendar/feeds/                         401     200          200            200       200              200         200           403           403                 403
  DELETE /api/calendar/feeds/{id}/                 401     204          404            404       204              404         404           403           403                 403
  POST /api/calendar/feeds/{id}/rotate/            401     200          404            404       200              404         404           403           403                 403
  GET /api/calendar/{file}                         404     404          404            404       404              404         404           404           404                 404
  GET /api/messages/                               401     403          403            403       403              403         403           403           403                 200
  POST /api/messages/{id}/retry/                   401     403          403            403       403              403         403           403           403                 204
  POST /api/messages/retry/                        401     403          403            403       403              403         403           403           403                 200
  GET /api/clinic/                                 200     200          200            200       200              200         200           200           200                 200
  GET /health/live                                 200     200          200            200       200              200         200           200           200                 200
  GET /health/ready                                200     200          200            200       200              200         200           200           200                 200
`;

/** Who may what others may. Dependants and patients who have claimed nothing call nothing: they are `nobody`. */
const likewise = {
  'co-guardian': 'guardian',
  'former guardian': 'other patient',
  'their receptionist': 'receptionist',
} as const satisfies Partial<Record<Caller, Caller>>;

const [header = '', ...rows] = table
  .trim()
  .split('\n')
  .map((line) => line.trim());
const columns = header.split(/ {2,}/) as Caller[];
/** The status that each caller gets, by route such as `GET /api/doctors/{id}/`. */
const matrix = new Map(
  rows.map((row) => {
    const [method, path, ...statuses] = row.split(/ +/);
    const written = new Map(columns.map((caller, index) => [caller, Number(statuses[index])]));
    const same = Object.entries(likewise).map(
      ([caller, as]) => [caller as Caller, written.get(as) ?? 0] as const,
    );
    return [`${method} ${path}`, new Map([...written, ...same])];
  }),
);
const callers: Caller[] = [...columns, ...(Object.keys(likewise) as Caller[])];

let clinic: TestApp;
let everyone: People;
let people: People['callers'];
let requests: ReturnType<typeof createRequests>;
const freshDay = freshDays();

beforeAll(async () => {
  // Codes are asked for from one address, as often as there are cases; nothing runs that would send them.
  clinic = await testApp({ config: { channels: CHANNELS, codes_per_hour_address: 1_000 } });
  everyone = await everybody(clinic);
  people = everyone.callers;
  requests = createRequests(clinic, everyone, { freshDay });
  // The doctor belongs to the branch of what they have published.
  await requests.freshSlot();
});
afterAll(() => clinic.close());

function expectAsWritten(
  answer: Awaited<ReturnType<typeof requests.ask>>,
  status: number | undefined,
  told: string,
): void {
  expect(answer.status, told).toBe(status);
  if (answer.status === 401) expectProblem(answer, 'authentication_required');
  if (answer.status === 403) expectProblem(answer, 'forbidden');
}

describe.each([...matrix.keys()])('%s', (route) => {
  test.each(callers)('%s', async (caller) => {
    expectAsWritten(await requests.ask(route, caller), matrix.get(route)?.get(caller), 'with slash');
  });

  // Documented with its trailing slash, working without it too.
  test('nobody and an admin, without the slash', async () => {
    for (const caller of ['nobody', 'admin'] as const) {
      const answer = await requests.ask(route, caller, { slash: false });
      expectAsWritten(answer, matrix.get(route)?.get(caller), `${caller}, without slash`);
    }
  });
});

/** Whoever works for the clinic, by how they stand to the records. */
const staff = [
  'own doctor',
  'other doctor',
  'receptionist',
  'their receptionist',
  'other receptionist',
  'admin',
] as const;
/** What is asked of a patient's record, in the path or in the body, and of nothing else of theirs. */
const ofPatients = [...matrix.keys()].filter(
  (route) =>
    /\/(appointments|waitlist)\/(\{id\}\/|$)|\/hold\/$/.test(route) ||
    /^(GET|PATCH) \/api\/patients\/\{id\}/.test(route),
);

describe.each(['child', 'unclaimed'] as const)('a patient who cannot sign in (%s)', (owner) => {
  test.each(ofPatients)('staff may what they may for one who can: %s', async (route) => {
    const about = createRequests(clinic, everyone, { freshDay, owner: everyone[owner] });
    for (const caller of staff)
      expectAsWritten(await about.ask(route, caller), matrix.get(route)?.get(caller), caller);
  });
});

test('what is asked of a patient’s record is most of what there is', () => {
  expect(ofPatients.length).toBeGreaterThan(20);
});

test('the table names every route the application has, and no other', () => {
  expect([...clinic.app.documentedRoutes.keys()].sort()).toEqual([...matrix.keys()].sort());
});

test('who may not call it at all is told nothing of what they sent', async () => {
  const { documentedRoutes } = clinic.app;
  let refused = 0;
  for (const [route, statuses] of matrix) {
    // Where the record decides, it has to be found first.
    const who = documentedRoutes.get(route)?.who;
    if (who?.includes('only their own')) continue;
    for (const [caller, status] of statuses) {
      // A ticket stands in the query or the body, which is read to find it.
      if (caller === 'nobody' && who?.includes('holds a ticket')) continue;
      if ((status !== 403 && status !== 401) || caller.startsWith('other')) continue;
      const [method = '', path = ''] = route.split(' ');
      const answer = await clinic.app.inject({
        method: method as 'POST',
        url: `${path.replace('{id}', 'nobody')}?page=none&nonsense=1`,
        ...(caller !== 'nobody' && { headers: { authorization: `Bearer ${people[caller].token}` } }),
        ...(method !== 'GET' && { payload: { nonsense: 1, role: 'king' } }),
      });
      const code = status === 401 ? 'authentication_required' : 'forbidden';
      expectProblem({ status: answer.statusCode, headers: answer.headers, body: answer.json() }, code);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test('HEAD, which stands beside each GET, is guarded like it', async () => {
  for (const [route, statuses] of matrix) {
    if (!route.startsWith('GET ')) continue;
    for (const [caller, status] of statuses) {
      const answer = await requests.ask(route, caller, { method: 'HEAD' });
      expect(answer.status, `HEAD ${route} by ${caller}`).toBe(status);
    }
  }
});

test('an admin reaches every record; doctors and patients are told apart from missing ones', async () => {
  const missing = [
    ['GET', '/timeslots/999999/', 'own doctor', 'timeslot_not_found'],
    ['DELETE', '/timeslots/999999/', 'own doctor', 'timeslot_not_found'],
    ['GET', '/timeslots/999999/', 'admin', 'timeslot_not_found'],
    ['DELETE', '/timeslots/999999/', 'admin', 'timeslot_not_found'],
    ['GET', '/appointments/999999/', 'own patient', 'appointment_not_found'],
    ['DELETE', '/timeslots/999999/hold/', 'own patient', 'timeslot_not_found'],
    ['DELETE', '/appointments/999999/', 'own patient', 'appointment_not_found'],
    ['DELETE', '/appointments/999999/', 'admin', 'appointment_not_found'],
    ['GET', '/waitlist/999999/', 'own patient', 'waitlist_entry_not_found'],
    ['DELETE', '/waitlist/999999/', 'own patient', 'waitlist_entry_not_found'],
    ['DELETE', '/waitlist/999999/', 'admin', 'waitlist_entry_not_found'],
    ['GET', '/holidays/999999/', 'own patient', 'holiday_not_found'],
    ['DELETE', '/holidays/999999/', 'admin', 'holiday_not_found'],
    ['GET', '/branches/999999/', 'own patient', 'branch_not_found'],
    ['DELETE', '/branches/999999/', 'admin', 'branch_not_found'],
    ['GET', '/rooms/999999/', 'own doctor', 'room_not_found'],
    ['DELETE', '/rooms/999999/', 'admin', 'room_not_found'],
    ['GET', '/absences/999999/', 'own doctor', 'absence_not_found'],
    ['DELETE', '/absences/999999/', 'own doctor', 'absence_not_found'],
    ['DELETE', '/absences/999999/', 'admin', 'absence_not_found'],
    ['GET', '/doctors/999999/schedule/', 'admin', 'doctor_not_found'],
    ['GET', '/timeslots/999999/', 'receptionist', 'timeslot_not_found'],
    ['GET', '/appointments/999999/', 'receptionist', 'appointment_not_found'],
    ['GET', '/waitlist/999999/', 'other receptionist', 'waitlist_entry_not_found'],
    ['GET', '/absences/999999/', 'other receptionist', 'absence_not_found'],
    ['GET', '/users/999999/', 'admin', 'user_not_found'],
    ['DELETE', '/users/999999/', 'admin', 'user_not_found'],
    ['GET', '/doctors/999999/', 'own patient', 'doctor_not_found'],
    ['GET', '/doctors/999999/timeslots/', 'own patient', 'doctor_not_found'],
  ] as const;
  for (const [method, path, caller, code] of missing) {
    const request = clinic.as(people[caller]);
    const body = path.startsWith('/users/') ? { password: PASSWORD } : undefined;
    expectProblem(await (method === 'GET' ? request.get(path) : request.delete(path, body)), code);
  }
});
