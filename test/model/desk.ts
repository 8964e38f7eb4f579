import { type Clinic, change, NOT_HELD, type Person, type Slot } from './clinic.ts';
import { forgotten } from './erasing.ts';
import { childrenOf, DEPENDANTS_MAX, patientOf } from './families.ts';
import { only, STAFF, withoutSignIn } from './people.ts';
import { type Act, type Created, made, ok, Refused, type Step } from './requests.ts';
import { isActive, overlap, todayOf } from './rules.ts';

/** Patients at the desk: registered, corrected, and made one where they were registered twice. */

/** Who may be the one who is registered: whoever has the same phone. */
const likely = ({ people }: Clinic, phone: string): number[] =>
  people
    .filter((one) => one.role === 'patient' && !one.erased && one.phone === phone)
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);

export function register(clinic: Clinic, caller: Person, request: Act<'register'>, { id }: Created): Step {
  only(caller, ...STAFF);
  const { first_name, last_name, phone, confirm_new = false } = request;
  const candidates = likely(clinic, phone);
  if (candidates.length > 0 && !confirm_new) throw new Refused(409, 'patient_may_exist', { candidates });
  const patient = { ...withoutSignIn({ id, first_name, last_name }), phone, from_desk: true };
  return made({ ...clinic, people: [...clinic.people, patient] }, { id });
}

export function correct(clinic: Clinic, caller: Person, request: Act<'correct'>): Step {
  only(caller, ...STAFF);
  const { patient, date_of_birth: born } = request;
  if (born > todayOf(clinic)) throw new Refused(400, 'invalid_input');
  patientOf(clinic, patient);
  return ok({ ...clinic, people: change(clinic.people, patient, { born }) }, { id: patient });
}

/** What somebody held is given back, with all of it on those days; what is offered to them is offered to their other record. */
function heldBy(clinic: Clinic, from: number, into: number): readonly Slot[] {
  const isTheirs = (slot: Slot) =>
    slot.held_by === from || (slot.last_held_by === from && slot.held_by !== null);
  const mine = new Set(clinic.wishes.filter(({ patient }) => patient === from).map(({ id }) => id));
  const offered = new Set(
    clinic.offers.filter(({ entry, outcome }) => mine.has(entry) && outcome === null).map((o) => o.timeslot),
  );
  const first = clinic.slots.filter(
    (slot) => offered.has(slot.id) || (isTheirs(slot) && !slot.is_waitlisted && slot.held_with === null),
  );
  const isNear = ({ doctor, date }: Slot) => first.some((one) => one.doctor === doctor && one.date === date);
  return clinic.slots.map((slot) => {
    if (!isNear(slot) || !isTheirs(slot)) return slot;
    if (!slot.is_waitlisted) return { ...slot, ...NOT_HELD };
    return slot.held_by === from ? { ...slot, held_by: into } : slot;
  });
}

/** Those who look after somebody, once a record of theirs is the other's. Nobody looks after themself. */
function tiesAfter(clinic: Clinic, from: number, into: number): Person[] {
  const renamed = (id: number) => (id === from ? into : id);
  const ofDuplicate = patientOf(clinic, from).guardians;
  return clinic.people.map((person) => {
    const all = person.id === into ? [...person.guardians, ...ofDuplicate] : person.guardians;
    const guardians = [...new Set(all.map(renamed))].filter((id) => id !== renamed(person.id));
    return { ...person, guardians: person.id === from ? [] : guardians };
  });
}

/** Makes one record of two of the same person: all that hangs on the first goes to the other, the rest is erased. */
export function merge(clinic: Clinic, caller: Person, { patient: from, into }: Act<'merge'>): Step {
  only(caller, 'admin');
  if (from === into) throw new Refused(400, 'invalid_input');
  const [duplicate, stays] = [patientOf(clinic, from), patientOf(clinic, into)];
  const active = clinic.visits.filter(isActive);
  const overlaps = active.some(
    (one) => one.patient === from && active.some((other) => other.patient === into && overlap(one, other)),
  );
  if (overlaps) throw new Refused(409, 'visits_overlap');
  const takes = !stays.has_sign_in && duplicate.has_sign_in;
  const visits = clinic.visits.map((visit) => {
    const booked = visit.booked_by === from ? { booked_by: into, version: visit.version + 1 } : {};
    const one = { ...visit, ...booked };
    if (visit.patient !== from) return one;
    const cancelled_by = visit.cancelled_by === from ? into : visit.cancelled_by;
    return { ...one, patient: into, cancelled_by, version: one.version + 1 };
  });
  const moved: Clinic = {
    ...clinic,
    visits,
    slots: heldBy(clinic, from, into),
    wishes: clinic.wishes.map((wish) => (wish.patient === from ? { ...wish, patient: into } : wish)),
    people: tiesAfter(clinic, from, into),
    invitations: clinic.invitations.map((one) => ({
      ...one,
      by: one.by === from ? into : one.by,
      dependant: one.dependant === from ? into : one.dependant,
      used_by: one.used_by === from ? into : one.used_by,
    })),
  };
  if (childrenOf(moved, into).length > DEPENDANTS_MAX) throw new Refused(409, 'too_many_dependants');
  const next = forgotten(moved, caller, from);
  // A phone by which the other signed in comes with the sign-in.
  const takesPhone = stays.phone === null || (takes && duplicate.signs_in_by_phone);
  const said = {
    first_name: stays.first_name ?? duplicate.first_name,
    last_name: stays.last_name ?? duplicate.last_name,
    ...(takesPhone && {
      phone: duplicate.phone,
      signs_in_by_phone: takes && duplicate.signs_in_by_phone,
    }),
    born: stays.born ?? duplicate.born,
    from_desk: stays.from_desk || duplicate.from_desk,
    ...(takes && { has_sign_in: true, quiet: stays.quiet ?? duplicate.quiet }),
  };
  // Whose name it was has another one now.
  const people = change(next.people, from, { has_sign_in: duplicate.has_sign_in && !takes });
  return ok({ ...next, people: change(people, into, said) }, { id: into });
}
