import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Arena, arena, type Member, outcome, provesRules, tally } from '../helpers/races.ts';

const CROWD = 200;

let clinic: Arena;
let patients: Member[];
let doctor: Member;
beforeAll(async () => {
  clinic = await arena({ instances: 2, pool_max: 50 });
  patients = await clinic.crowd('patient', CROWD);
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
});
afterAll(() => clinic.close());

test('of 200 patients who book one slot at once one gets it and 199 are told it is taken, 20 slots in a row', async () => {
  for (let index = 0; index < 20; index += 1) {
    const hour = String(8 + Math.floor(index / 2)).padStart(2, '0');
    const [start, end] = index % 2 === 0 ? ['00', '30'] : ['30', '59'];
    const timeslot = await clinic.publish(doctor, '2026-03-10', `${hour}:${start}`, `${hour}:${end}`);
    const answers = await Promise.all(
      patients.map((patient, place) =>
        clinic.ask(patient, 'POST', '/appointments/', { timeslot }, place % clinic.origins.length),
      ),
    );
    expect(tally(answers)).toEqual({ '201': 1, '409 slot_taken': CROWD - 1 });

    const winner = patients[answers.findIndex((answer) => outcome(answer) === '201')];
    const { rows } = await clinic.db.$client.query(
      "select patient_id from appointments where timeslot_id = $1 and status = 'pending'",
      [timeslot],
    );
    expect(rows).toEqual([{ patient_id: winner?.id }]);
  }
  const { rows } = await clinic.db.$client.query('select count(*)::integer as count from appointments');
  expect(rows).toEqual([{ count: 20 }]);
  await provesRules(clinic.db);
});
