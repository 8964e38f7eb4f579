import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Arena, arena, provesRules } from '../helpers/races.ts';
import type { Clinic } from './clinic.ts';
import { draws, resolve, type Wait } from './commands.ts';
import { furnish } from './furnishing.ts';
import { seen } from './http.ts';
import { answer } from './model.ts';
import { noted } from './noted.ts';
import type { Request } from './requests.ts';
import { runs } from './runs.ts';
import { stateOf } from './state.ts';
import { stories } from './stories.ts';
import { keepSlots, newWorld, wait } from './world.ts';

const { parameters, isEnough } = runs(100);

/** What so many commands must have met: else they test less than they seem to. */
const MET = [
  'add dependant: 201',
  'add dependant: invalid_input',
  'accept: 201',
  'accept: offer_lapsed',
  'activate: 200',
  'activate: has_upcoming',
  'be away: 201',
  'book: 201',
  'book: clinic_closed',
  'book: invalid_input',
  'book: no_room_free',
  'book: not_enough_time',
  'book: not_for_this_patient',
  'book: patient_busy',
  'book: patient_not_found',
  'book: service_not_given',
  'book: slot_held',
  'book: slot_in_past',
  'book: slot_taken',
  'book: timeslot_not_found',
  'cancel: 204',
  'cancel: forbidden',
  'cancel: visit_begun',
  'change patient: 200',
  'change patient: already_decided',
  'change patient: forbidden',
  'change patient: patient_busy',
  'change patient: patient_not_found',
  'add room: 201',
  'change branch: 200',
  'change branch: has_upcoming',
  'change room: 200',
  'change room: has_upcoming',
  'change service: 200',
  'claim: 204',
  'claim: invalid_code',
  'close: 201',
  'close: branch_not_found',
  'close: holiday_exists',
  'come back: 204',
  'come back: absence_not_found',
  'correct: 200',
  'decide: 200',
  'decide: already_decided',
  'decide: forbidden',
  'decline: offer_lapsed',
  'erase: 204',
  'delete branch: branch_in_use',
  'delete room: 204',
  'delete room: room_in_use',
  'expire: 204',
  'give: 200',
  'hold: 200',
  'hold: clinic_closed',
  'hold: not_enough_time',
  'hold: not_for_this_patient',
  'hold: slot_held',
  'hold: slot_taken',
  'join family: 201',
  'join: 201',
  'join: doctor_not_found',
  'join: invalid_input',
  'join: not_same_doctor',
  'join: service_not_given',
  'let go: 204',
  'let go: patient_not_found',
  'invite: 201',
  'leave: 204',
  'list all visits: 200',
  'list free slots: 200',
  'list free slots: doctor_not_found',
  'list own slots: 200',
  'list own visits: 200',
  'list own visits: session_ended',
  'mark: 200',
  'mark: not_confirmed',
  'merge: 200',
  'merge: patient_not_found',
  'merge: visits_overlap',
  'note: 200',
  'open: 204',
  'pass on: 204',
  'publish many: 201',
  'publish: 201',
  'publish: branch_closed',
  'publish: clinic_closed',
  'publish: invalid_input',
  'publish: room_closed',
  'publish: room_not_found',
  'publish: room_taken',
  'publish: slot_in_past',
  'publish: slot_overlap',
  'read slot: 200',
  'read slot: timeslot_not_found',
  'read visit: 200',
  'read wish: 200',
  'register: 201',
  'register: patient_may_exist',
  'release: 204',
  'reschedule: 200',
  'reschedule: already_decided',
  'reschedule: not_same_doctor',
  'search: 200',
  'send code: 202',
  'set policy: 200',
  'sign in: account_inactive',
  'sign in: invalid_credentials',
  'tie: 200',
  'tie: not_a_dependant',
  'withdraw: 204',
  'withdraw: slot_booked',
];

let real: Arena;
beforeAll(async () => {
  real = await arena({ pool_max: 5 });
  await keepSlots(real);
  await furnish(real);
});
afterAll(() => real.close());

const outcomes = new Set<string>();
let commands = 0;

/** @returns what came of it that no answer tells */
async function play(sequence: readonly ((clinic: Clinic) => Request | Wait)[]): Promise<Set<string>> {
  const notes = new Set<string>();
  const world = await newWorld(real);
  let clinic = world.start;
  for (const step of sequence) {
    commands += 1;
    const request = step(clinic);
    if (request.do === 'wait') {
      clinic = wait(real, clinic, request.minutes);
      continue;
    }
    const got = await world.send(request);
    const slots = request.do === 'publish many' ? await world.made() : [];
    clinic = { ...clinic, keeps: await world.keeps() };
    const { expected, next } = answer(clinic, request, {
      created: got.body.id,
      room: got.body.room,
      code: got.body.code,
      slots,
    });
    const shown = seen(request, got);
    const { now } = clinic;
    expect({ now, request, answer: shown }).toEqual({ now, request, answer: expected });
    for (const note of noted(clinic, request, next)) notes.add(note);
    clinic = next;
    outcomes.add(`${request.do}: ${shown.code ?? shown.status}`);
  }
  expect(await world.read()).toEqual(stateOf(clinic));
  await provesRules(real.db);
  return notes;
}

test('whatever people do one after another, the API answers as the model does', async () => {
  const sequences = fc.array(draws(), { minLength: 1, maxLength: 160, size: 'max' });
  const property = fc.asyncProperty(sequences, async (sequence) => {
    await play(sequence.map((draw) => (clinic) => resolve(clinic, draw)));
  });
  await fc.assert(property, parameters);
});

for (const { note, steps } of stories)
  test(`the API and the model agree where ${note}`, async () => {
    expect(await play(steps)).toContain(note);
  });

test.skipIf(!isEnough)('chance and the stories have met every kind of outcome', () => {
  expect(MET.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  expect(commands).toBeGreaterThanOrEqual(2_000);
});
