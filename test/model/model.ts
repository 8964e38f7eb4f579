import {
  beAway,
  close,
  comeBack,
  open,
  ownSlot,
  publish,
  publishMany,
  withdraw,
  withoutSlots,
} from './calendar.ts';
import {
  type Act,
  type Clinic,
  change,
  done,
  hasBegun,
  holderOf,
  ok,
  only,
  type Person,
  personOf,
  Refused,
  type Request,
  type Slot,
  type Step,
  shownSlot,
  shownVisit,
  type Times,
  type Visit,
} from './clinic.ts';
import { freeSlots, ownSlots, searched, visits } from './lists.ts';
import { book, hold, release } from './slots.ts';
import {
  aheadOf,
  calledOff,
  cancel,
  decide,
  expire,
  mark,
  note,
  ownVisit,
  reschedule,
  takeBack,
} from './visits.ts';
import {
  accept,
  claimNextDay,
  decline,
  join,
  leave,
  leaveAll,
  ownWish,
  passAllOn,
  passOn,
  shownWish,
} from './waitlist.ts';

/**
 * The clinic as clinic.md and scheduling.md tell it, over plain arrays: no SQL, no constraint, nothing shared with src.
 * What the API answers is compared with what this answers.
 */

/** What only the real clinic knows. */
export interface Facts {
  /** The id which it gave to what this request creates. */
  created?: number | undefined;
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

type Kind = Exclude<Request['do'], 'sign in' | 'pass on' | 'expire'>;
type Acts = { [One in Kind]: (clinic: Clinic, caller: Person, request: Act<One>, facts: Facts) => Step };

const acts: Acts = {
  publish: (clinic, caller, request, { created = 0 }) => publish(clinic, caller, request, created),
  'publish many': (clinic, caller, request, { slots = [] }) => publishMany(clinic, caller, request, slots),
  withdraw,
  'read slot': (clinic, caller, { slot }) => ok(clinic, shownSlot(clinic, ownSlot(clinic, caller, slot))),
  hold,
  release,
  book: (clinic, caller, request, { created = 0 }) => book(clinic, caller, request, created),
  decide,
  note,
  cancel,
  'read visit': (clinic, caller, { visit }) =>
    ok(clinic, shownVisit(clinic, caller, ownVisit(clinic, caller, visit))),
  reschedule,
  mark,
  'take back': takeBack,
  'be away': (clinic, caller, request, { created = 0 }) => beAway(clinic, caller, request, created),
  'come back': comeBack,
  close: (clinic, caller, request, { created = 0 }) => close(clinic, caller, request, created),
  open,
  join: (clinic, caller, request, { created = 0 }) => join(clinic, caller, request, created),
  leave,
  accept: (clinic, caller, request, { created = 0 }) => accept(clinic, caller, request, created),
  decline,
  'read wish': (clinic, caller, { wish }) => ok(clinic, shownWish(clinic, ownWish(clinic, caller, wish))),
  search: (clinic, caller, request) => ok(clinic, searched(clinic, caller, request)),
  'list free slots': (clinic, caller, request) => ok(clinic, freeSlots(clinic, caller, request)),
  'list own slots': (clinic, caller, request) => ok(clinic, ownSlots(clinic, caller, request)),
  'list own visits': (clinic, caller, request) => ok(clinic, visits(clinic, caller, request)),
  'list all visits': (clinic, caller, request) => ok(clinic, visits(clinic, caller, request)),
  'set policy': setPolicy,
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
  return ok({ ...clinic, policy }, policy);
}

function activate(clinic: Clinic, caller: Person, request: Act<'activate'>): Step {
  const { person, is_active, upcoming } = request;
  only(caller, 'admin');
  const before = personOf(clinic, person);
  if (before.erased) throw new Refused(404, 'user_not_found');
  const ahead = aheadOf(clinic, person);
  if (!is_active && before.is_active && upcoming === undefined && ahead.length > 0)
    throw new Refused(409, 'has_upcoming', { count: ahead.length });
  const changes = is_active ? { is_active } : { is_active, signed_in: false };
  const reason = before.role === 'doctor' ? 'doctor_absent' : 'account_closed';
  const without = !is_active && upcoming === 'cancel' ? calledOff(clinic, ahead, caller.id, reason) : clinic;
  const now = is_active ? without : leaveAll(without, person);
  return ok({ ...now, people: change(now.people, person, changes) }, { id: person, is_active });
}

function erase(clinic: Clinic, caller: Person, { person }: Act<'erase'>): Step {
  only(caller, 'admin');
  if (personOf(clinic, person).erased) return done(clinic);
  const without: Clinic = {
    ...clinic,
    people: clinic.people.map((one) =>
      one.guardians ? { ...one, guardians: one.guardians.filter((guardian) => guardian !== person) } : one,
    ),
  };
  // A child whom nobody else looks after, and who had no visit, goes along.
  const gone = clinic.people.filter(
    ({ id, guardians }) =>
      guardians?.length === 1 &&
      guardians[0] === person &&
      clinic.visits.every(({ patient }) => patient !== id),
  );
  const all = [person, ...gone.map(({ id }) => id)];
  return done(all.reduce<Clinic>((now, id) => forgotten(now, caller, id), without));
}

function forgotten(clinic: Clinic, caller: Person, person: number): Clinic {
  const called = calledOff(clinic, aheadOf(clinic, person), caller.id, 'account_deleted');
  // A visit that took place before its time keeps its slot.
  const isGone = (slot: Slot) => slot.doctor === person && !hasBegun(clinic, slot) && !holderOf(called, slot);
  const without = withoutSlots(called, isGone);
  const next = leaveAll(without, person);
  const nobody = { first_name: null, is_active: false, erased: true, signed_in: false };
  const wishes = next.wishes.filter(({ patient }) => patient !== person);
  const kept = new Set(wishes.map(({ id }) => id));
  return {
    ...next,
    people: change(next.people, person, nobody),
    visits: withoutWords(next.visits, person),
    wishes,
    offers: next.offers.filter(({ entry }) => kept.has(entry)),
  };
}

/** Reasons are free text that may name somebody: all go, on either side of the visit, but for those that are codes. */
function withoutWords(all: readonly Visit[], person: number): Visit[] {
  const codes: (string | null)[] = [
    'account_deleted',
    'account_closed',
    'doctor_absent',
    'clinic_closed',
    null,
  ];
  return all.map((visit) => {
    const isTheirs = visit.doctor === person || visit.patient === person;
    const keeps = codes.includes(visit.cancel_reason);
    const isPatient = visit.patient === person;
    const said = isPatient ? { reason: null, note: null } : {};
    const isSilent = !isPatient || (visit.reason === null && visit.note === null);
    if (!isTheirs || (keeps && isSilent)) return visit;
    const cancel_reason = keeps ? visit.cancel_reason : null;
    return { ...visit, ...said, cancel_reason, version: visit.version + 1 };
  });
}
