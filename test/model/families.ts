import { type Clinic, change, type Person } from './clinic.ts';
import { forgotten } from './erasing.ts';
import { isAdult, isGuardian, only, personOf, STAFF, withoutSignIn } from './people.ts';
import { type Act, type Created, done, made, ok, Refused, type Step } from './requests.ts';
import { later, todayOf } from './rules.ts';
import { aheadOf } from './visits.ts';

/** Who looks after whom: children, and those who book for them. */

export const DEPENDANTS_MAX = 10;
const GUARDIANS_MAX = 10;

/** Those whom somebody looks after now. */
export const childrenOf = (clinic: Clinic, guardian: number): Person[] =>
  clinic.people.filter(({ id }) => isGuardian(clinic, guardian, id));

function mustFit(clinic: Clinic, guardian: number, dependant: number): void {
  if (childrenOf(clinic, guardian).length >= DEPENDANTS_MAX) throw new Refused(409, 'too_many_dependants');
  if (personOf(clinic, dependant).guardians.length >= GUARDIANS_MAX)
    throw new Refused(409, 'too_many_guardians');
}

const tied = (clinic: Clinic, guardian: number, dependant: number): Clinic => ({
  ...clinic,
  people: change(clinic.people, dependant, {
    guardians: [...personOf(clinic, dependant).guardians, guardian],
  }),
});

/** A patient whom there is. */
export function patientOf(clinic: Clinic, id: number): Person {
  const person = clinic.people.find((one) => one.id === id);
  if (person?.role !== 'patient' || person.erased) throw new Refused(404, 'patient_not_found');
  return person;
}

/** The day on which they come of age. */
const untilOf = (born: string) => `${Number(born.slice(0, 4)) + 18}${born.slice(4)}`;

export function addDependant(
  clinic: Clinic,
  caller: Person,
  request: Act<'add dependant'>,
  { id }: Created,
): Step {
  only(caller, 'patient');
  const { date_of_birth, first_name, last_name, gender, relationship } = request;
  if (date_of_birth > todayOf(clinic) || isAdult(date_of_birth, todayOf(clinic)))
    throw new Refused(400, 'invalid_input');
  if (childrenOf(clinic, caller.id).length >= DEPENDANTS_MAX) throw new Refused(409, 'too_many_dependants');
  const child = withoutSignIn({ id, first_name, last_name, born: date_of_birth, guardians: [caller.id] });
  const shown = { id, first_name, last_name, phone: null, date_of_birth, gender, relationship };
  return made({ ...clinic, people: [...clinic.people, child] }, { ...shown, until: untilOf(date_of_birth) });
}

/** Somebody no longer looks after a child, whom nobody would miss who had no visit and nobody else. */
export function letGo(clinic: Clinic, caller: Person, { dependant: id }: Act<'let go'>): Step {
  only(caller, 'patient');
  if (!isGuardian(clinic, caller.id, id)) throw new Refused(404, 'patient_not_found');
  const { guardians, from_desk, has_sign_in } = personOf(clinic, id);
  const isLast = guardians.length === 1;
  const count = isLast ? aheadOf(clinic, id).length : 0;
  if (count > 0) throw new Refused(409, 'dependant_has_visits', { count });
  const next = {
    ...clinic,
    people: change(clinic.people, id, { guardians: guardians.filter((one) => one !== caller.id) }),
  };
  const isMissed = from_desk || has_sign_in || clinic.visits.some(({ patient }) => patient === id);
  return done(isLast && !isMissed ? forgotten(next, caller, id) : next);
}

/** The desk says who looks after a child. */
export function tie(clinic: Clinic, caller: Person, { patient, guardian }: Act<'tie'>): Step {
  only(caller, ...STAFF);
  if (guardian === patient) throw new Refused(400, 'invalid_input');
  const child = patientOf(clinic, patient);
  patientOf(clinic, guardian);
  if (child.born === null || isAdult(child.born, todayOf(clinic))) throw new Refused(409, 'not_a_dependant');
  if (child.guardians.includes(guardian)) return ok(clinic, { id: patient });
  mustFit(clinic, guardian, patient);
  return ok(tied(clinic, guardian, patient), { id: patient });
}

/** A code by which another guardian joins; it ends the one that they made before. */
export function invite(clinic: Clinic, caller: Person, request: Act<'invite'>, code: string): Step {
  only(caller, 'patient');
  const { dependant } = request;
  if (!isGuardian(clinic, caller.id, dependant)) throw new Refused(404, 'patient_not_found');
  const others = clinic.invitations.filter(
    (one) => one.by !== caller.id || one.dependant !== dependant || one.used_by !== null,
  );
  const invitation = {
    by: caller.id,
    dependant,
    code,
    expires_at: later(clinic.now, 72 * 60),
    used_by: null,
  };
  return made({ ...clinic, invitations: [...others, invitation] }, {});
}

export function joinFamily(clinic: Clinic, caller: Person, { code }: Act<'join family'>): Step {
  only(caller, 'patient');
  const invitation = clinic.invitations.find((one) => one.code === code);
  if (!invitation || invitation.dependant === caller.id) throw new Refused(400, 'invalid_code');
  const { by, dependant } = invitation;
  if (isGuardian(clinic, caller.id, dependant)) return made(clinic, { id: dependant });
  const isOver = invitation.used_by !== null || invitation.expires_at <= clinic.now;
  if (isOver || !isGuardian(clinic, by, dependant)) throw new Refused(400, 'invalid_code');
  mustFit(clinic, caller.id, dependant);
  const invitations = clinic.invitations.map((one) =>
    one === invitation ? { ...one, used_by: caller.id } : one,
  );
  return made({ ...tied(clinic, caller.id, dependant), invitations }, { id: dependant });
}
