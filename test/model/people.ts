import type { Role } from '../../src/core/roles.ts';
import type { Clinic, Person } from './clinic.ts';
import { Refused } from './requests.ts';
import { todayOf } from './rules.ts';

/** Who may do what, and for whom. */

export function personOf(clinic: Clinic, id: number): Person {
  const found = clinic.people.find((person) => person.id === id);
  if (!found) throw new Error(`no person ${id} in this clinic`);
  return found;
}

export function only(caller: Person, ...roles: Role[]): void {
  if (!roles.includes(caller.role)) throw new Refused(403, 'forbidden');
}

/** Those at the desk, who act for others. */
export const STAFF = ['admin', 'receptionist'] as const;

export const isStaff = ({ role }: Person) => role === 'admin' || role === 'receptionist';

/** Whether somebody is of age on a day. */
export const isAdult = (born: string, day: string): boolean =>
  `${Number(born.slice(0, 4)) + 18}${born.slice(4)}` <= day;

/** Those who look after a patient now: nobody after whoever is of age, or of no known age. */
export function guardiansOf(clinic: Clinic, patient: number): readonly number[] {
  const { born, guardians } = personOf(clinic, patient);
  return born === null || isAdult(born, todayOf(clinic)) ? [] : guardians;
}

/** Whether somebody looks after a patient. */
export const isGuardian = (clinic: Clinic, guardian: number, patient: number): boolean =>
  guardiansOf(clinic, patient).includes(guardian);

/** Whether somebody reaches what lies in a branch. */
export const reaches = ({ branches }: Person, branch: number): boolean => branches?.includes(branch) ?? true;

/** What lies in a branch that somebody does not reach is none to them. */
export function mustReach(caller: Person, row: { branch: number } | undefined, code: string): void {
  if (row && !reaches(caller, row.branch)) throw new Refused(404, code);
}

/** A patient who has no account. */
export const withoutSignIn = (
  said: Pick<Person, 'id' | 'first_name' | 'last_name'> & Partial<Person>,
): Person => ({
  role: 'patient',
  phone: null,
  specialization: null,
  quiet: null,
  born: null,
  is_active: true,
  erased: false,
  signed_in: false,
  has_sign_in: false,
  signs_in_by_phone: false,
  from_desk: false,
  guardians: [],
  branches: null,
  ...said,
});

/** Who can sign in. */
export const accounts = ({ people }: Clinic): Person[] => people.filter(({ has_sign_in }) => has_sign_in);

/** For whom somebody acts: themselves, whom they look after, or whom the staff names. */
export function actingFor(
  clinic: Clinic,
  caller: Person,
  role: 'doctor' | 'patient',
  named: number | undefined,
): number {
  only(caller, role, ...STAFF);
  const whom = named ?? (caller.role === role ? caller.id : undefined);
  if (whom === undefined) throw new Refused(400, 'invalid_input');
  if (
    role === 'patient' &&
    caller.role === role &&
    whom !== caller.id &&
    !isGuardian(clinic, caller.id, whom)
  )
    throw new Refused(404, 'patient_not_found');
  if (role === 'doctor' && caller.role === role && whom !== caller.id) throw new Refused(403, 'forbidden');
  return whom;
}
