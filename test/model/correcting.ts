import { type Clinic, isSameWish, type Person, type Visit, type Wish } from './clinic.ts';
import { type Act, Refused, type Step } from './requests.ts';
import { statusOf, todayOf } from './rules.ts';
import { isBusy } from './slots.ts';
import { changed, ownVisit, shown } from './visits.ts';

/** A visit that was entered for the wrong patient. */

/** It is another's from now on, with its slot, its status and its note; why the first one came is theirs to say, and goes. */
export function changePatient(clinic: Clinic, caller: Person, request: Act<'change patient'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['admin']);
  const { patient } = request;
  if (visit.patient === patient) return shown(clinic, caller, visit.id);
  const other = clinic.people.find(({ id }) => id === patient);
  if (other?.role !== 'patient' || !other.is_active) throw new Refused(404, 'patient_not_found');
  if (!['pending', 'confirmed'].includes(statusOf(clinic, visit))) throw new Refused(409, 'already_decided');
  if (isBusy(clinic, patient, visit, visit.id)) throw new Refused(409, 'patient_busy');
  const wishes = wishesAfter(clinic, visit);
  return shown({ ...changed(clinic, visit, { patient, reason: null }), wishes }, caller, visit.id);
}

const isLive = ({ status }: Wish) => status === 'waiting' || status === 'offered';

/**
 * The wishes of who was taken for its patient. What was to take its place replaces nothing. What came to it waits on, unless
 * its days are over or the same is wished again: in a later wish that came to it too, or in one that waits.
 */
function wishesAfter(clinic: Clinic, { id, patient }: Visit): Wish[] {
  const mine = clinic.wishes.filter((wish) => wish.patient === patient);
  const came = mine.filter(({ appointment }) => appointment === id);
  return clinic.wishes.map((wish) => {
    if (wish.patient !== patient) return wish;
    const replaces = wish.replaces === id ? null : wish.replaces;
    if (isLive(wish)) return { ...wish, replaces };
    if (!came.includes(wish)) return wish;
    const again = [...mine.filter(isLive), ...came.filter((other) => other.id > wish.id)];
    const isOver = wish.to < todayOf(clinic) || again.some((other) => isSameWish(other, wish));
    return { ...wish, replaces, appointment: null, status: isOver ? 'left' : 'waiting' };
  });
}
