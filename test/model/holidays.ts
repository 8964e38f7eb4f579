import { byTime, closedOff, shownTimes } from './calendar.ts';
import type { Clinic, Person, Visit } from './clinic.ts';
import { only } from './people.ts';
import { type Act, done, made, Refused, type Step } from './requests.ts';
import { holderOf, isHoliday, isStillToCome, todayOf } from './rules.ts';
import { named, shownPatient } from './shown.ts';
import { calledOff } from './visits.ts';

/** Days on which the clinic is closed. */

/** Closes the clinic on a day: what nobody has goes, and what is given up later will. */
export function close(clinic: Clinic, caller: Person, request: Act<'close'>, id: number): Step {
  only(caller, 'admin');
  const { date, visits = 'keep' } = request;
  if (date < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  if (isHoliday(clinic, date)) throw new Refused(409, 'holiday_exists');
  const ahead = byTime(clinic.visits.filter((visit) => visit.date === date && isStillToCome(clinic, visit)));
  const gone = clinic.slots.filter((slot) => slot.date === date && !holderOf(clinic, slot));
  const without = closedOff(clinic, gone);
  const next = {
    ...without,
    holidays: [...clinic.holidays, { id, date }],
    // What was published on purpose was so before this holiday.
    slots: without.slots.map((slot) => (slot.date === date ? { ...slot, despite_holiday: false } : slot)),
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
    branch: null,
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
