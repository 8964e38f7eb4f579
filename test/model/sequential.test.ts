import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Arena, arena, provesRules } from '../helpers/races.ts';
import type { Clinic, Request } from './clinic.ts';
import { draws, resolve, type Wait } from './commands.ts';
import { seen } from './http.ts';
import { answer } from './model.ts';
import { noted } from './noted.ts';
import { stories } from './stories.ts';
import { keepSlots, newWorld, stateOf, wait } from './world.ts';

/** MODEL_RUNS=2000 looks longer; MODEL_SEED repeats a run whose seed fast-check printed. */
const USUAL_RUNS = 100;
const RUNS = Number(process.env.MODEL_RUNS ?? USUAL_RUNS);
const SEED = process.env.MODEL_SEED;

/** What so many commands must have met: else they test less than they seem to. */
const MET = [
  'accept: 201',
  'accept: offer_lapsed',
  'activate: 200',
  'activate: has_upcoming',
  'be away: 201',
  'book: 201',
  'book: clinic_closed',
  'book: patient_busy',
  'book: patient_not_found',
  'book: slot_held',
  'book: slot_in_past',
  'book: slot_taken',
  'book: timeslot_not_found',
  'cancel: 204',
  'cancel: forbidden',
  'cancel: visit_begun',
  'close: 201',
  'come back: 204',
  'come back: absence_not_found',
  'decide: 200',
  'decide: already_decided',
  'decide: forbidden',
  'decline: offer_lapsed',
  'erase: 204',
  'expire: 204',
  'hold: 200',
  'hold: clinic_closed',
  'hold: slot_held',
  'hold: slot_taken',
  'join: 201',
  'leave: 204',
  'list all visits: 200',
  'list free slots: 200',
  'list free slots: doctor_not_found',
  'list own slots: 200',
  'list own visits: 200',
  'list own visits: session_ended',
  'mark: 200',
  'mark: not_confirmed',
  'note: 200',
  'open: 204',
  'pass on: 204',
  'publish many: 201',
  'publish: 201',
  'publish: clinic_closed',
  'publish: invalid_input',
  'publish: slot_in_past',
  'publish: slot_overlap',
  'read slot: 200',
  'read visit: 200',
  'read wish: 200',
  'release: 204',
  'reschedule: 200',
  'reschedule: already_decided',
  'reschedule: not_same_doctor',
  'search: 200',
  'set policy: 200',
  'sign in: account_inactive',
  'sign in: invalid_credentials',
  'withdraw: 204',
  'withdraw: slot_booked',
];

let real: Arena;
beforeAll(async () => {
  real = await arena({ pool_max: 5 });
  await keepSlots(real);
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
    const { expected, next } = answer(clinic, request, { created: got.body.id, slots });
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
  await fc.assert(property, {
    numRuns: RUNS,
    ...(SEED !== undefined && { seed: Number(SEED) }),
  });
  if (RUNS < USUAL_RUNS) return;
  expect(MET.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  expect(commands).toBeGreaterThanOrEqual(2_000);
});

for (const { note, steps } of stories)
  test(`the API and the model agree where ${note}`, async () => {
    expect(await play(steps)).toContain(note);
  });
