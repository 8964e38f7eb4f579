import type { Kinds } from './commands.ts';
import { STAFF } from './people.ts';
import { doctorsFor, idsOf, NOBODY, naming, onPurpose, onSlot, placed, recent, somebody } from './picking.ts';
import { dayAfter, pick, timesOf, today } from './times.ts';

/** What is drawn of the calendar. */

export const calendarDraws = {
  publish(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const times = timesOf(clinic, draw);
    const wish = clinic.wishes.findLast(({ status }) => status === 'waiting');
    // Every other is what somebody waits for.
    if (draw.flag && draw.which % 2 === 0 && wish)
      return {
        do: 'publish',
        by: pick(doctorsFor(clinic, wish), draw.time),
        ...times,
        ...(draw.time % 4 !== 0 && wish.branch !== null ? { branch: wish.branch } : placed(clinic, draw)),
        date: draw.which === 0 ? wish.to : times.date,
      };
    const where = placed(clinic, draw);
    return {
      do: 'publish',
      by: caller.id,
      ...named,
      ...times,
      ...where,
      ...onPurpose(clinic, draw, times.date),
    };
  },
  'publish many'(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const { date, start_time } = timesOf(clinic, draw);
    const slot_minutes = draw.flag ? 30 : 45;
    const end_time = pick(['12:00', '12:30', '13:00'], draw.which);
    const breaks = draw.other % 3 === 0 ? { break_minutes: 15 } : {};
    const times = { date, start_time, end_time, slot_minutes, ...breaks, ...placed(clinic, draw) };
    return { do: 'publish many', by: caller.id, ...named, ...times, ...onPurpose(clinic, draw, date) };
  },
  withdraw: (clinic, draw) => ({ do: 'withdraw', ...onSlot(clinic, draw) }),
  'be away'(clinic, draw) {
    const caller = somebody(clinic, draw, 'doctor', ...STAFF);
    const named = naming(clinic, draw, caller, 'doctor');
    const from = dayAfter(today(clinic), draw.time % 2);
    const hours = pick(
      [
        ['00:00', '24:00'],
        ['10:15', '11:00'],
        ['09:30', '10:00'],
      ] as const,
      draw.which,
    );
    const to = draw.time % 5 === 0 ? dayAfter(from, 1) : from;
    return { do: 'be away', by: caller.id, ...named, from, to, start_time: hours[0], end_time: hours[1] };
  },
  'come back'(clinic, draw) {
    const absence = recent(clinic.absences, draw);
    const by = draw.flag && absence ? absence.doctor : somebody(clinic, draw, 'doctor', ...STAFF).id;
    return { do: 'come back', by, absence: absence?.id ?? NOBODY };
  },
  close(clinic, draw) {
    const date = dayAfter(today(clinic), pick([0, 0, 1, 1, 2, -1], draw.time));
    const visits = draw.flag ? { visits: 'cancel' as const } : {};
    // Every other is of one branch only.
    const branch = draw.what === 9 ? NOBODY : pick(clinic.branches, draw.what).id;
    const where = draw.what > 4 ? { branch } : {};
    return { do: 'close', by: somebody(clinic, draw, 'admin').id, date, ...where, ...visits };
  },
  open(clinic, draw) {
    const holiday = recent(clinic.holidays, draw)?.id ?? NOBODY;
    return { do: 'open', by: somebody(clinic, draw, 'admin').id, holiday };
  },
  'read slot': (clinic, draw) => ({ do: 'read slot', ...onSlot(clinic, draw) }),
  'pass on'(clinic, draw) {
    const slot = clinic.slots.find(({ is_waitlisted }) => is_waitlisted) ?? recent(clinic.slots, draw);
    const [by = NOBODY] = idsOf(clinic, 'admin');
    if (draw.flag && slot) return { do: 'pass on', by, slot: slot.id };
    return { do: 'pass on', by, ...(draw.time % 2 === 0 && { next_day: true }) };
  },
  expire: (clinic) => ({ do: 'expire', by: idsOf(clinic, 'admin')[0] ?? NOBODY }),
} satisfies Partial<Kinds>;
