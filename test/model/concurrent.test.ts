import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Arena, arena, drag, provesRules } from '../helpers/races.ts';
import type { Clinic } from './clinic.ts';
import { type Draw, draws, resolve } from './commands.ts';
import { furnish } from './furnishing.ts';
import { seen } from './http.ts';
import { answer, type Facts } from './model.ts';
import { passing, passOn } from './offers.ts';
import type { Expected, Request } from './requests.ts';
import { runs } from './runs.ts';
import { type State, stateOf } from './state.ts';
import { pick } from './times.ts';
import { keepSlots, newWorld, type World, wait } from './world.ts';

/** A seed repeats the commands, not the moment in which each of them meets the others. */
const { parameters, isEnough } = runs(80);

let real: Arena;
beforeAll(async () => {
  real = await arena({ pool_max: 20 });
  await drag(real.db);
  await keepSlots(real);
  await furnish(real);
});
afterAll(() => real.close());

interface Sent {
  request: Request;
  got: Answer;
}

/** What a batch was, and what came of it. */
interface Batch {
  before: Clinic;
  sent: Sent[];
  found: State;
  /** Every slot that the real clinic has made. */
  slots: NonNullable<Facts['slots']>;
}

interface Order {
  end: Clinic;
  sent: Sent[];
}

/**
 * An order in which the requests of a batch, sent one after another, would have been answered as they were and have
 * left the database as it is: the batch is linearizable. undefined when there is none.
 */
function orderOf(batch: Batch, rest = batch.sent, clinic = batch.before): Order | undefined {
  if (rest.length === 0)
    return isDeepStrictEqual(stateOf(clinic), batch.found) ? { end: clinic, sent: [] } : undefined;
  for (const first of rest) {
    const others = rest.filter((sent) => sent !== first);
    for (const end of ends(batch, clinic, first)) {
      const order = orderOf(batch, others, end);
      if (order) return { ...order, sent: [first, ...order.sent] };
    }
  }
  // Whoever is refused a slot that waits to be offered has it passed on, and tries again: two steps, not one.
  for (const passed of passedOn(batch, clinic)) {
    const order = orderOf(batch, rest, passed);
    if (order) return order;
  }
  return undefined;
}

/** The clinic after a slot was passed on that somebody of the batch wants. */
function passedOn({ sent }: Batch, clinic: Clinic): Clinic[] {
  const wanted = clinic.slots.filter(({ id }) =>
    sent.some(({ request }) => 'slot' in request && request.slot === id),
  );
  // A long visit wants those that follow too.
  return passing(clinic)
    .filter((slot) => wanted.some(({ doctor, date }) => doctor === slot.doctor && date === slot.date))
    .map(({ id }) => passOn(clinic, id).clinic);
}

/** An answer that asks to be asked again: a record was about to become another's, or a visit was. */
function orBusy(error: Error): Answer {
  if (!error.message.includes('record_busy')) throw error;
  return { status: 503, retryAfter: '1', type: null, body: { code: 'record_busy' }, replayed: false };
}

/** After which a record, or a visit, is another patient's. */
const HAND_OVER: readonly Request['do'][] = ['merge', 'change patient'];

/**
 * Whoever was let through to a visit as one patient's is told that there is none when it is another's by then, though they may
 * look after that one, too: asked again, it is there.
 */
const isAnothersByNow = ({ request, got }: Sent, sent: readonly Sent[]): boolean =>
  got.body.code === 'appointment_not_found' &&
  'visit' in request &&
  sent.some(({ request: other }) => other.do === 'change patient' && other.visit === request.visit);

/** Where this request leads if it is answered as it was; nowhere if the model answers otherwise. */
function ends({ before, slots, sent }: Batch, clinic: Clinic, one: Sent): Clinic[] {
  const { request, got } = one;
  if (isAnothersByNow(one, sent)) return [clinic];
  if (got.body.code === 'record_busy' && sent.some((other) => HAND_OVER.includes(other.request.do)))
    return [clinic];
  const shown = told(request, seen(request, got));
  const signedIn = ({ people }: Clinic) => people.some(({ id, signed_in }) => id === request.by && signed_in);
  // A token is looked at once, as its request comes in: that may be before its session ends, and the rest after.
  const lates = signedIn(before) && !signedIn(clinic) ? [false, true] : [false];
  return lates
    .map((late) => ({
      late,
      ...answer(clinic, request, {
        created: got.body.id,
        room: got.body.room,
        code: got.body.code,
        slots,
        late,
      }),
    }))
    .filter(({ late, expected }) => {
      // Whoever is put out while they accept is told what was missed first: the offer, the wish, or themself.
      if (late && request.do === 'accept') return got.status >= 400 && expected.status >= 400;
      if (followsOthers(request) && expected.code === 'invalid_input') return isInVain(got);
      return isDeepStrictEqual(shown, told(request, expected));
    })
    .map(({ next }) => next);
}

/** In which branch it is follows from what the doctor has: that is read first, and what else refuses it may have come since. */
const followsOthers = (request: Request) =>
  (request.do === 'publish' || request.do === 'publish many') && request.branch === undefined;

const isInVain = ({ status, body }: Answer) => status >= 400 || body.created === 0;

/** Statements of their own, a moment after the rest of their answer: whether the list wants a slot, and what is free now. */
function told(request: Request, { body, ...expected }: Expected): Expected {
  if (!body) return expected;
  if (request.do === 'publish') return { ...expected, body: { ...body, is_available: undefined } };
  if (body && 'room' in body && expected.code !== undefined) return { ...expected, body: {} };
  if (request.do === 'join') return { ...expected, body: { ...body, free_now: undefined } };
  return { ...expected, body };
}

/**
 * What may run beside others. The second page of a list is two statements when it is empty, and so is a refusal that
 * names its reason: nobody promises that they are one moment. So no pages here, and nobody comes back within a batch.
 */
function concurrent(request: ReturnType<typeof resolve>): Request {
  if (request.do === 'wait') throw new Error('nobody waits within a batch');
  if (request.do === 'activate') return { ...request, is_active: false };
  // Each slot is passed on in a transaction of its own.
  if (request.do === 'pass on') return { ...request, slot: request.slot ?? 0 };
  if (!('filters' in request)) return request;
  // Which slots follow on one another is written by a job where somebody has them locked.
  const { page, page_size, service, ...filters } = request.filters;
  return { ...request, filters };
}

/** Between batches those who were put out come back, and sign in. */
async function comeBack(world: World, clinic: Clinic): Promise<Clinic> {
  const [admin] = clinic.people;
  let now = clinic;
  for (const person of clinic.people) {
    if (person.erased || person.signed_in || !person.has_sign_in) continue;
    for (const request of [
      { do: 'activate', by: admin?.id ?? 0, person: person.id, is_active: true },
      { do: 'sign in', by: person.id },
    ] as const) {
      const { expected, next } = answer(now, request);
      expect(seen(request, await world.send(request))).toEqual(expected);
      now = next;
    }
  }
  return now;
}

let commands = 0;
let reordered = 0;

/** The policy is read before the statement that goes by it: it changes between batches too. */
async function changePolicy(world: World, clinic: Clinic, draw: Draw | null): Promise<Clinic> {
  if (!draw) return clinic;
  const kind = pick(['set policy', 'set policy', 'give', 'change service'] as const, draw.what);
  const request = resolve(clinic, { ...draw, who: 0, do: kind }) as Request;
  const { expected, next } = answer(clinic, request);
  expect(seen(request, await world.send(request))).toEqual(expected);
  return next;
}

/** The job passes by what somebody holds at that moment, and finds it the next time: it runs between batches too. */
async function expire(world: World, clinic: Clinic, runs: boolean): Promise<Clinic> {
  if (!runs) return clinic;
  const request: Request = { do: 'expire', by: clinic.people[0]?.id ?? 0 };
  await world.send(request);
  return answer(clinic, request).next;
}

interface Round {
  batch: readonly Draw[];
  minutes: number;
  policy: Draw | null;
}

async function play(rounds: readonly Round[]): Promise<void> {
  const world = await newWorld(real, { doctors: 2, patients: 3 });
  let clinic = world.start;
  for (const { batch, minutes, policy } of rounds) {
    const back = await changePolicy(world, await comeBack(world, clinic), policy);
    const before = await expire(world, wait(real, back, minutes), batch[0]?.flag ?? false);
    const sent = await Promise.all(
      batch.map(async (draw): Promise<Sent> => {
        // All at the two newest slots and visits, that they meet.
        const request = concurrent(resolve(before, { ...draw, which: draw.which % 2 }));
        return { request, got: await world.send(request).catch(orBusy) };
      }),
    );
    commands += sent.length;
    await provesRules(real.db);
    const found = await world.read();
    const keeps = await world.keeps();
    const order = orderOf({ before: { ...before, keeps }, sent, found, slots: await world.made() });
    if (!order) {
      const answers = sent.map(({ request, got }) => ({ request, answer: seen(request, got) }));
      throw new Error(`no order explains ${JSON.stringify({ before, answers, found }, null, 1)}`);
    }
    if (!isDeepStrictEqual(order.sent, sent)) reordered += 1;
    clinic = order.end;
  }
}

test('whatever people do at once, some order of it explains every answer and what is stored', async () => {
  const rounds = fc.array(
    fc.record({
      batch: fc.array(draws('wait', 'sign in', 'set policy', 'expire', 'give', 'change service'), {
        minLength: 3,
        maxLength: 5,
      }),
      minutes: fc.constantFrom(0, 0, 0, 0, 5, 15, 30, 300),
      policy: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: draws('wait') }),
    }),
    { minLength: 1, maxLength: 20, size: 'max' },
  );
  await fc.assert(fc.asyncProperty(rounds, play), {
    ...parameters,
    // What went wrong in one moment need not in the next: a smaller case would be another one.
    endOnFailure: true,
  });
  if (!isEnough) return;
  expect(commands).toBeGreaterThanOrEqual(2_000);
  // Else they only queued up.
  expect(reordered).toBeGreaterThan(0);
});
