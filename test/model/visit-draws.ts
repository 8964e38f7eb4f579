import type { Kinds } from './commands.ts';
import { STAFF } from './people.ts';
import {
  accountOf,
  closedSlot,
  forService,
  idsOf,
  isOut,
  NOBODY,
  naming,
  onVisit,
  recent,
  somebody,
  wantedSlot,
  wasTurnedDown,
} from './picking.ts';
import { hasBegun, hasEnded, holderOf, isAvailable, isHeld, isStillToCome } from './rules.ts';
import { pick } from './times.ts';

/** What is drawn of visits, and of slots that somebody wants. */

export const visitDraws = {
  hold(clinic, draw) {
    // Now and then somebody tries to keep what they have held before.
    const had = clinic.slots.find((slot) => slot.last_held_by !== null && !isHeld(clinic, slot));
    if (draw.time % 2 === 0 && had?.last_held_by)
      return { do: 'hold', by: accountOf(clinic, draw, had.last_held_by), slot: had.id };
    const caller = somebody(clinic, draw, 'patient', 'receptionist');
    const slot = wantedSlot(clinic, draw);
    return {
      do: 'hold',
      by: caller.id,
      slot,
      ...naming(clinic, draw, caller, 'patient'),
      ...forService(clinic, draw, slot),
    };
  },
  release(clinic, draw) {
    const held = clinic.slots.find((slot) => isHeld(clinic, slot));
    const slot = draw.other < 6 && held ? held : recent(clinic.slots, draw);
    const holder = slot?.held_by ? accountOf(clinic, draw, slot.held_by) : undefined;
    if (draw.flag && slot && holder !== undefined) return { do: 'release', by: holder, slot: slot.id };
    const caller = somebody(clinic, draw, 'patient', 'receptionist');
    const named = naming(clinic, draw, caller, 'patient');
    return { do: 'release', by: caller.id, slot: slot?.id ?? NOBODY, ...named };
  },
  book(clinic, draw) {
    const runs = clinic.slots.find(
      (one) => hasBegun(clinic, one) && !hasEnded(clinic, one) && !holderOf(clinic, one),
    );
    // Whoever comes to the desk is seen in what runs.
    const isAtDesk = draw.time % 4 === 0 && runs !== undefined;
    const caller = isAtDesk ? somebody(clinic, draw, ...STAFF) : somebody(clinic, draw, 'patient', ...STAFF);
    const left = clinic.slots.find(
      (one) => !hasBegun(clinic, one) && isAvailable(clinic, one) && wasTurnedDown(clinic, one.id),
    );
    const wanted = draw.time % 4 === 1 && left ? left.id : wantedSlot(clinic, draw);
    const slot = isAtDesk ? runs.id : wanted;
    const reason = draw.other === 5 || draw.other === 6 ? { reason: `reason ${draw.time}` } : {};
    const named = naming(clinic, draw, caller, 'patient');
    // A doctor who books follows up on somebody whom they have seen.
    const seen = clinic.visits.find((one) => one.attendance === 'completed');
    const own = clinic.slots.findLast((one) => one.doctor === seen?.doctor && isAvailable(clinic, one));
    if (draw.which === 5 && seen && own)
      return {
        do: 'book',
        by: seen.doctor,
        slot: own.id,
        patient: seen.patient,
        ...forService(clinic, draw, own.id),
      };
    return { do: 'book', by: caller.id, slot, ...named, ...forService(clinic, draw, slot), ...reason };
  },
  reschedule(clinic, draw) {
    // Whose doctor is out has to go elsewhere.
    const left = clinic.visits.find((one) => isStillToCome(clinic, one) && isOut(clinic, one.doctor));
    if (draw.time % 4 !== 0 && left) {
      const others = clinic.slots.filter(
        (slot) => slot.doctor !== left.doctor && !hasBegun(clinic, slot) && !holderOf(clinic, slot),
      );
      const by = draw.flag ? accountOf(clinic, draw, left.patient) : somebody(clinic, draw, ...STAFF).id;
      return { do: 'reschedule', by, visit: left.id, slot: recent(others, draw)?.id ?? NOBODY };
    }
    const { by, visit } = onVisit(clinic, draw, 'patient');
    const doctor = clinic.visits.find(({ id }) => id === visit)?.doctor;
    // Mostly to a slot of the same doctor: to another's one may only where the doctor is out.
    const slots = clinic.slots.filter((slot) => draw.time % 6 === 0 || slot.doctor === doctor);
    const slot = slots.length > 0 ? pick(slots.slice(-6), draw.time) : undefined;
    return { do: 'reschedule', by, visit, slot: closedSlot(clinic, draw) ?? slot?.id ?? NOBODY };
  },
  'change patient'(clinic, draw) {
    // Every third came of the waiting list.
    const came = clinic.wishes.findLast(({ status }) => status === 'booked')?.appointment;
    const visit = draw.which % 3 === 0 && came ? came : (recent(clinic.visits, draw)?.id ?? NOBODY);
    const patient = pick(idsOf(clinic, draw.what === 0 ? 'doctor' : 'patient'), draw.time);
    return { do: 'change patient', by: somebody(clinic, draw, 'admin').id, visit, patient };
  },
  mark: (clinic, draw) => ({
    do: 'mark',
    ...onVisit(clinic, draw, 'doctor'),
    mark: pick(['arrive', 'arrive', 'complete', 'no-show'], draw.time),
  }),
  'take back': (clinic, draw) => ({ do: 'take back', ...onVisit(clinic, draw, 'doctor') }),
  note: (clinic, draw) => ({
    do: 'note',
    ...onVisit(clinic, draw, 'doctor'),
    note: draw.time % 4 === 0 ? null : `note ${draw.time % 3}`,
  }),
  decide(clinic, draw) {
    const status = draw.time % 3 === 0 ? 'cancelled' : 'confirmed';
    const reason = status === 'cancelled' && draw.time % 2 === 0 ? { reason: `reason ${draw.time}` } : {};
    // Now and then whoever is to come answers for the doctor.
    const side = draw.who === 18 ? 'patient' : 'doctor';
    return { do: 'decide', ...onVisit(clinic, draw, side), status, ...reason };
  },
  cancel(clinic, draw) {
    const reason = draw.time % 3 === 0 ? { reason: `reason ${draw.time}` } : {};
    // Now and then of a slot that somebody turned down before.
    const visit = clinic.visits.find(
      (one) => isStillToCome(clinic, one) && wasTurnedDown(clinic, one.timeslot),
    );
    if (draw.time % 4 === 1 && visit)
      return { do: 'cancel', by: accountOf(clinic, draw, visit.patient), visit: visit.id, ...reason };
    return { do: 'cancel', ...onVisit(clinic, draw, 'patient'), ...reason };
  },
  'read visit': (clinic, draw) => ({ do: 'read visit', ...onVisit(clinic, draw, 'patient') }),
} satisfies Partial<Kinds>;
