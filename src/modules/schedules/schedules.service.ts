import { createHolidays, type HolidaysDependencies } from './holidays.service.ts';
import { createPublishing, type PublishingDependencies } from './publishing.service.ts';
import { createWeeks } from './week.service.ts';

export type SchedulesDependencies = PublishingDependencies & HolidaysDependencies;

export type Schedules = ReturnType<typeof createSchedules>;

/** When doctors work and the clinic is open, and the slots that follow from it. */
export function createSchedules(dependencies: SchedulesDependencies) {
  const publishing = createPublishing(dependencies);
  return {
    publishing,
    weeks: createWeeks({ ...dependencies, publishing }),
    holidays: createHolidays(dependencies),
  };
}
