import type { Clinic } from './clinic.ts';
import type { Draw, Kinds } from './commands.ts';
import { personOf, STAFF } from './people.ts';
import { idsOf, NOBODY, naming, offerFirst, onWish, recent, somebody } from './picking.ts';
import { isStillToCome } from './rules.ts';
import { dayAfter, pick, today } from './times.ts';

/** What is drawn of the waiting list. */

/** A doctor, or anyone of their specialization, however it is written; now and then of one that nobody has. */
function whom(clinic: Clinic, { what, time, flag }: Draw, doctor: number) {
  const written = flag ? 'cardiology' : 'Cardiology';
  const specialization = time === 12 ? 'Neurology' : personOf(clinic, doctor).specialization && written;
  const branch = what === 9 && time % 2 === 0 ? NOBODY : pick(clinic.branches, time).id;
  return {
    ...(what % 5 < 2 && specialization ? { specialization } : { doctor }),
    ...(what % 3 === 0 && { branch }),
  };
}

export const wishDraws = {
  join(clinic, draw) {
    const caller = somebody(clinic, draw, 'patient', ...STAFF);
    const named = naming(clinic, draw, caller, 'patient');
    const from = today(clinic);
    const hours = pick([{}, {}, { after: '10:00' }, { before: '11:30' }], draw.time);
    const wanted = pick(idsOf(clinic, 'doctor'), draw.which);
    // Every other of them would rather have a visit of theirs at another time.
    const theirs = clinic.visits.filter(
      (one) => one.patient === (named.patient ?? caller.id) && isStillToCome(clinic, one),
    );
    const visit = draw.flag ? recent(draw.time % 6 === 0 ? clinic.visits : theirs, draw) : undefined;
    const given = clinic.given.filter((one) => one.doctor === wanted);
    const serviceIds = clinic.services.map(({ id }) => ({ service: id }));
    const service =
      !visit && draw.what > 4
        ? pick(given.length > 0 && draw.what < 9 ? given : serviceIds, draw.time).service
        : undefined;
    const doctor = visit && draw.other % 3 !== 0 ? visit.doctor : wanted;
    const replaces = visit ? { replaces: visit.id } : {};
    const days = { from, to: dayAfter(from, draw.time % 3) };
    return {
      do: 'join',
      by: caller.id,
      ...named,
      ...whom(clinic, draw, doctor),
      ...days,
      ...hours,
      ...replaces,
      ...(service && { service }),
    };
  },
  leave: (clinic, draw) => ({ do: 'leave', ...onWish(clinic, draw) }),
  accept: (clinic, draw) => offerFirst(clinic, draw) ?? { do: 'accept', ...onWish(clinic, draw) },
  decline: (clinic, draw) => offerFirst(clinic, draw) ?? { do: 'decline', ...onWish(clinic, draw) },
  'read wish': (clinic, draw) => ({ do: 'read wish', ...onWish(clinic, draw) }),
} satisfies Partial<Kinds>;
