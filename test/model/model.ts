import { book } from './booking.ts';
import { beAway, comeBack, ownSlot, publish, publishMany, withdraw } from './calendar.ts';
import { claim, sendCode } from './claiming.ts';
import { type Clinic, change, type Person, type Times } from './clinic.ts';
import { changePatient } from './correcting.ts';
import { correct, merge, register } from './desk.ts';
import { activate, erase } from './erasing.ts';
import { addDependant, invite, joinFamily, letGo, tie } from './families.ts';
import { hold, release } from './holding.ts';
import { close, open } from './holidays.ts';
import { join } from './joining.ts';
import { freeSlots, ownSlots, searched, visits } from './lists.ts';
import { claimNextDay, passAllOn, passOn, withPolicy } from './offers.ts';
import { only, personOf } from './people.ts';
import { addRoom, changeBranch, changeRoom, deleteBranch, deleteRoom } from './places.ts';
import { type Act, type Created, done, ok, Refused, type Request, type Step } from './requests.ts';
import { changeService, give } from './services.ts';
import { shownSlot, shownVisit } from './shown.ts';
import { cancel, decide, expire, mark, note, ownVisit, reschedule, takeBack } from './visits.ts';
import { accept, decline, leave, ownWish, shownWish } from './waitlist.ts';

/**
 * The clinic as clinic.md, scheduling.md and clinic-model.md tell it, over plain arrays: no SQL, no constraint, nothing shared
 * with src. What the API answers is compared with what this answers.
 */

/** What only the real clinic knows. */
export interface Facts {
  /** The id which it gave to what this request creates. */
  created?: number | undefined;
  /** The room that it chose for the visit. */
  room?: number | null | undefined;
  /** The code that it made up. */
  code?: string | undefined;
  /** Every slot that it has made: publishing many does not tell their ids. */
  slots?: readonly (Times & { id: number; doctor: number })[];
  /** The caller was signed in when the request came, even if no longer now. */
  late?: boolean;
}

/** One request, one answer, one clinic after it. */
export function answer(clinic: Clinic, request: Request, facts: Facts = {}): Step {
  try {
    const caller = personOf(clinic, request.by);
    if (request.do === 'sign in') return signIn(clinic, caller);
    if (request.do === 'send code') return sendCode(clinic, request);
    if (request.do === 'claim') return claim(clinic, request);
    if (request.do === 'pass on') return done(offered(clinic, request));
    if (request.do === 'expire') return done(expire(clinic));
    if (!caller.signed_in && !facts.late) throw new Refused(401, 'session_ended');
    return acts[request.do](clinic, caller, request as never, facts);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, code, body } = error;
    return { expected: { status, code, ...(body && { body }) }, next: clinic };
  }
}

function offered(clinic: Clinic, { slot, next_day = false }: Act<'pass on'>): Clinic {
  if (slot !== undefined) return passOn(clinic, slot).clinic;
  return passAllOn(next_day ? claimNextDay(clinic) : clinic);
}

const createdOf = ({ created = 0, room }: Facts): Created => ({ id: created, room });

type Kind = Exclude<Request['do'], 'sign in' | 'send code' | 'claim' | 'pass on' | 'expire'>;
type Acts = { [One in Kind]: (clinic: Clinic, caller: Person, request: Act<One>, facts: Facts) => Step };

const acts: Acts = {
  publish: (clinic, caller, request, { created = 0 }) => publish(clinic, caller, request, created),
  'publish many': (clinic, caller, request, { slots = [] }) => publishMany(clinic, caller, request, slots),
  withdraw,
  'read slot': (clinic, caller, { slot }) => ok(clinic, shownSlot(clinic, ownSlot(clinic, caller, slot))),
  hold,
  release,
  book: (clinic, caller, request, facts) => book(clinic, caller, request, createdOf(facts)),
  decide,
  note,
  cancel,
  'read visit': (clinic, caller, { visit }) =>
    ok(clinic, shownVisit(clinic, caller, ownVisit(clinic, caller, visit))),
  reschedule: (clinic, caller, request, facts) => reschedule(clinic, caller, request, createdOf(facts)),
  'change patient': changePatient,
  mark,
  'take back': takeBack,
  'be away': (clinic, caller, request, { created = 0 }) => beAway(clinic, caller, request, created),
  'come back': comeBack,
  close: (clinic, caller, request, { created = 0 }) => close(clinic, caller, request, created),
  open,
  'change branch': changeBranch,
  'delete branch': deleteBranch,
  'add room': (clinic, caller, request, facts) => addRoom(clinic, caller, request, createdOf(facts)),
  'change room': changeRoom,
  'delete room': deleteRoom,
  join: (clinic, caller, request, { created = 0 }) => join(clinic, caller, request, created),
  leave,
  accept: (clinic, caller, request, facts) => accept(clinic, caller, request, createdOf(facts)),
  decline,
  'read wish': (clinic, caller, { wish }) => ok(clinic, shownWish(clinic, ownWish(clinic, caller, wish))),
  search: (clinic, caller, request) => ok(clinic, searched(clinic, caller, request)),
  'list free slots': (clinic, caller, request) => ok(clinic, freeSlots(clinic, caller, request)),
  'list own slots': (clinic, caller, request) => ok(clinic, ownSlots(clinic, caller, request)),
  'list own visits': (clinic, caller, request) => ok(clinic, visits(clinic, caller, request)),
  'list all visits': (clinic, caller, request) => ok(clinic, visits(clinic, caller, request)),
  'set policy': setPolicy,
  register: (clinic, caller, request, facts) => register(clinic, caller, request, createdOf(facts)),
  correct,
  merge,
  tie,
  'add dependant': (clinic, caller, request, facts) =>
    addDependant(clinic, caller, request, createdOf(facts)),
  'let go': letGo,
  invite: (clinic, caller, request, { code = '' }) => invite(clinic, caller, request, code),
  'join family': joinFamily,
  give,
  'change service': changeService,
  activate,
  erase,
};

function signIn(clinic: Clinic, person: Person): Step {
  if (person.erased) throw new Refused(401, 'invalid_credentials');
  if (!person.is_active) throw new Refused(403, 'account_inactive');
  return {
    expected: { status: 200 },
    next: { ...clinic, people: change(clinic.people, person.id, { signed_in: true }) },
  };
}

function setPolicy(clinic: Clinic, caller: Person, { changes }: Act<'set policy'>): Step {
  only(caller, 'admin');
  const policy = { ...clinic.policy, ...changes };
  return ok(withPolicy(clinic, policy), policy);
}
