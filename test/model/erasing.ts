import { withoutSlots } from './calendar.ts';
import { type Clinic, change, type Person, type Slot, type Visit } from './clinic.ts';
import { leaveAll } from './offers.ts';
import { isGuardian, only, personOf } from './people.ts';
import { type Act, done, ok, Refused, type Step } from './requests.ts';
import { hasBegun, holderOf } from './rules.ts';
import { aheadOf, calledOff } from './visits.ts';

/** How people leave: put out, or erased. */

export function activate(clinic: Clinic, caller: Person, request: Act<'activate'>): Step {
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

export function erase(clinic: Clinic, caller: Person, { person }: Act<'erase'>): Step {
  only(caller, 'admin');
  if (personOf(clinic, person).erased) return done(clinic);
  // A child whom nobody else looks after, and who had no visit, goes along.
  const gone = clinic.people.filter(
    ({ id, guardians, from_desk, has_sign_in }) =>
      guardians.length === 1 &&
      isGuardian(clinic, person, id) &&
      !from_desk &&
      !has_sign_in &&
      clinic.visits.every(({ patient }) => patient !== id),
  );
  const all = [person, ...gone.map(({ id }) => id)];
  return done(all.reduce<Clinic>((now, id) => forgotten(now, caller, id), clinic));
}

export function forgotten(clinic: Clinic, caller: Person, person: number): Clinic {
  const called = calledOff(clinic, aheadOf(clinic, person), caller.id, 'account_deleted');
  // A visit that took place before its time keeps its slot.
  const isGone = (slot: Slot) => slot.doctor === person && !hasBegun(clinic, slot) && !holderOf(called, slot);
  const without = withoutSlots(called, isGone);
  const next = leaveAll(without, person);
  const said = { first_name: null, last_name: null, phone: null, born: null, guardians: [] };
  const nobody = { ...said, signs_in_by_phone: false, is_active: false, erased: true, signed_in: false };
  const wishes = next.wishes.filter(({ patient }) => patient !== person);
  const kept = new Set(wishes.map(({ id }) => id));
  return {
    ...next,
    people: change(next.people, person, nobody).map((one) => ({
      ...one,
      guardians: one.guardians.filter((guardian) => guardian !== person),
    })),
    visits: withoutWords(next.visits, person),
    wishes,
    invitations: next.invitations.filter(
      ({ by, dependant, used_by }) => ![by, dependant, used_by].includes(person),
    ),
    codes: next.codes.filter((code) => code.person !== person),
    given: next.given.filter(({ doctor }) => doctor !== person),
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
