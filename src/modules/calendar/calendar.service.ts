import { type AbsencesDependencies, createAbsences } from './absences/absences.service.ts';
import { createHolidays, type HolidaysDependencies } from './holidays/holidays.service.ts';
import { createPublishing, type PublishingDependencies } from './weeks/publishing.service.ts';
import { createWeeks, type WeeksDependencies } from './weeks/weeks.service.ts';

type CalendarDependencies = PublishingDependencies &
  Omit<WeeksDependencies, 'publishing'> &
  Pick<HolidaysDependencies, 'audit' | 'idempotency' | 'appointments'> &
  Omit<AbsencesDependencies, 'publishing'>;

export type Calendar = ReturnType<typeof createCalendar>;

/** When doctors work, when they are away, when the clinic is closed, and what that does to slots and visits. */
export function createCalendar(dependencies: CalendarDependencies) {
  const publishing = createPublishing(dependencies);
  return {
    publishing,
    weeks: createWeeks({ ...dependencies, publishing }),
    holidays: createHolidays(dependencies),
    absences: createAbsences({ ...dependencies, publishing }),
  };
}
