import { byTime, closedOff, shownTimes } from './calendar.ts';
import type { Clinic, Person, Visit } from './clinic.ts';
import { only } from './people.ts';
import { type Act, done, made, Refused, type Step } from './requests.ts';
import { holderOf, isStillToCome, todayOf } from './rules.ts';
import { named, shownPatient } from './shown.ts';
import { calledOff } from './visits.ts';

/** Days on which the clinic is closed, or one of its branches. */

/** Closes the clinic on a day, or one of its branches: what nobody has goes, and what is given up later will. */
export function close(clinic: Clinic, caller: Person, request: Act<'close'>, id: number): Step {
  only(caller, 'admin');
  const { date, branch = null, visits = 'keep' } = request;
  if (date < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  if (branch !== null && !clinic.branches.some((one) => one.id === branch))
    throw new Refused(404, 'branch_not_found');
  // One of a branch may stand beside one of the whole clinic.
  if (clinic.holidays.some((one) => one.date === date && one.branch === branch))
    throw new Refused(409, 'holiday_exists');
  const isThere = (row: { date: string; branch: number }) =>
    row.date === date && row.branch === (branch ?? row.branch);
  const ahead = byTime(clinic.visits.filter((visit) => isThere(visit) && isStillToCome(clinic, visit)));
  const gone = clinic.slots.filter((slot) => isThere(slot) && !holderOf(clinic, slot));
  const without = closedOff(clinic, gone);
  const next = {
    ...without,
    holidays: [...clinic.holidays, { id, date, branch }],
    // What was published on purpose was so before this holiday.
    slots: without.slots.map((slot) => (isThere(slot) ? { ...slot, despite_holiday: false } : slot)),
  };
  const cancels = visits === 'cancel';
  const shown = (visit: Visit) => ({
    ...shownTimes(visit),
    doctor: named(clinic, visit.doctor),
    patient: shownPatient(clinic, visit.patient),
  });
  return made(cancels ? calledOff(next, ahead, caller.id, 'clinic_closed') : next, {
    id,
    date,
    name: null,
    branch,
    preview: false,
    removed: gone.length,
    appointments: cancels ? 0 : ahead.length,
    cancelled: cancels ? ahead.length : 0,
    visits: ahead.map(shown),
  });
}

/** Opens it after all: what is gone stays so. */
export function open(clinic: Clinic, caller: Person, { holiday: id }: Act<'open'>): Step {
  only(caller, 'admin');
  if (!clinic.holidays.some((holiday) => holiday.id === id)) throw new Refused(404, 'holiday_not_found');
  return done({ ...clinic, holidays: clinic.holidays.filter((holiday) => holiday.id !== id) });
}
