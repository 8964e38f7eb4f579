import {
  type Act,
  actingFor,
  type Clinic,
  change,
  done,
  hasBegun,
  holderOf,
  isHeld,
  later,
  made,
  type Offer,
  ok,
  only,
  overlap,
  type Person,
  personOf,
  Refused,
  type Slot,
  type Step,
  startOf,
  type Times,
  todayOf,
  type Visit,
  type Wish,
} from './clinic.ts';
import { bookFor, isBookable, isBusy, isWithin, tooMany } from './slots.ts';

/** Who waits for what, whom it is offered to, and what they answer. */

const LIVE_MAX = 10;

const suits = (wish: Wish, slot: Times & { doctor: number }) =>
  wish.doctor === slot.doctor &&
  wish.from <= slot.date &&
  slot.date <= wish.to &&
  slot.start_time >= (wish.after ?? '') &&
  slot.end_time <= (wish.before ?? '9');

/** Whether anybody waits for a slot like this. */
export const isWanted = (clinic: Clinic, slot: Times & { doctor: number }) =>
  clinic.wishes.some((wish) => wish.status === 'waiting' && suits(wish, slot));

const offerOf = (clinic: Clinic, wish: number) =>
  clinic.offers.find(({ entry, outcome }) => entry === wish && outcome === null);

/** Ends the offers of a slot that last, and says what becomes of whoever had one. */
export function endOffers(
  clinic: Clinic,
  slot: number,
  end: (wish: Wish) => { outcome: NonNullable<Offer['outcome']>; changes: Partial<Wish> },
): Clinic {
  let { wishes } = clinic;
  const offers = clinic.offers.map((offer) => {
    const wish = wishes.find(({ id }) => id === offer.entry);
    if (offer.timeslot !== slot || offer.outcome !== null || !wish) return offer;
    const { outcome, changes } = end(wish);
    wishes = change(wishes, wish.id, changes);
    return { ...offer, outcome };
  });
  return { ...clinic, offers, wishes };
}

export const waitOn = (outcome: 'lapsed' | 'withdrawn') => () => ({
  outcome,
  changes: { status: 'waiting' } as const,
});

/** A slot is booked: whoever it was offered to has what they waited for, or waits on. */
export const takenUp = (
  clinic: Clinic,
  slot: number,
  { id, patient }: Pick<Visit, 'id' | 'patient'>,
): Clinic =>
  endOffers(clinic, slot, (wish) =>
    wish.patient === patient
      ? { outcome: 'accepted', changes: { status: 'booked', appointment: id } }
      : waitOn('withdrawn')(),
  );

/** The first who waits for a slot and can come. */
function firstFor(clinic: Clinic, slot: Slot): Wish | undefined {
  const isLive = (id: number) =>
    clinic.wishes.some((wish) => wish.id === id && (wish.status === 'waiting' || wish.status === 'offered'));
  const patientOf = (entry: number) => clinic.wishes.find(({ id }) => id === entry)?.patient;
  return clinic.wishes
    .toSorted((a, b) => a.id - b.id)
    .find(
      (wish) =>
        wish.status === 'waiting' &&
        suits(wish, slot) &&
        personOf(clinic, wish.patient).is_active &&
        // Whoever had this offer is passed over, by whichever of their wishes it came.
        !clinic.offers.some(
          ({ entry, timeslot }) =>
            timeslot === slot.id && patientOf(entry) === wish.patient && (entry === wish.id || isLive(entry)),
        ) &&
        !isBusy(clinic, wish.patient, slot) &&
        !clinic.slots.some(
          (other) =>
            other.is_waitlisted &&
            other.held_by === wish.patient &&
            isHeld(clinic, other) &&
            overlap(other, slot),
        ) &&
        !tooMany(clinic, wish.patient),
    );
}

/** Offers a slot to the next who can have it, or to anybody where there is none. */
export function passOn(clinic: Clinic, id: number): Clinic {
  const slot = clinic.slots.find((other) => other.id === id);
  if (!slot?.is_waitlisted || holderOf(clinic, slot) || isHeld(clinic, slot)) return clinic;
  const now = slot.held_until === null ? clinic : endOffers(clinic, id, waitOn('lapsed'));
  const put = (changes: Partial<Slot>, rest: Partial<Clinic> = {}): Clinic => ({
    ...now,
    ...rest,
    slots: change(now.slots, id, changes),
  });
  const nobody = { held_by: null, held_until: null };
  if (hasBegun(now, slot) || isWithin(now, 'patient', slot)) return put({ ...nobody, is_waitlisted: false });
  if (!isBookable(now, slot)) return put(nobody);
  const first = firstFor(now, slot);
  if (!first) return put({ ...nobody, is_waitlisted: false });
  const end = later(now.now, now.policy.offer_minutes);
  const expires_at = end < startOf(slot) ? end : startOf(slot);
  return put(
    { held_by: first.patient, held_until: expires_at },
    {
      wishes: change(now.wishes, first.id, { status: 'offered' }),
      offers: [...now.offers, { entry: first.id, timeslot: id, expires_at, outcome: null }],
    },
  );
}

/** Which slots wait to be offered, soonest first. */
export const passing = (clinic: Clinic): Slot[] =>
  clinic.slots
    .filter((slot) => slot.is_waitlisted && !isHeld(clinic, slot))
    .filter((slot) => slot.held_until !== null || isBookable(clinic, slot))
    .toSorted((a, b) => (startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1));

export const passAllOn = (clinic: Clinic): Clinic =>
  passing(clinic).reduce((now, { id }) => passOn(now, id), clinic);

/** Somebody is out: what was held for them or offered to them is given back, and they wait no longer. */
export function leaveAll(clinic: Clinic, patient: number): Clinic {
  const mine = new Set(clinic.wishes.filter((wish) => wish.patient === patient).map(({ id }) => id));
  const offered = new Set(
    clinic.offers.filter(({ entry, outcome }) => mine.has(entry) && outcome === null).map((o) => o.timeslot),
  );
  return {
    ...clinic,
    slots: clinic.slots.map((slot) =>
      slot.held_by === patient && (!slot.is_waitlisted || offered.has(slot.id))
        ? { ...slot, held_by: null, held_until: null }
        : slot,
    ),
    offers: clinic.offers.map((offer) =>
      mine.has(offer.entry) && offer.outcome === null ? { ...offer, outcome: 'declined' } : offer,
    ),
    wishes: clinic.wishes.map((wish) =>
      mine.has(wish.id) && (wish.status === 'waiting' || wish.status === 'offered')
        ? { ...wish, status: 'left' }
        : wish,
    ),
  };
}

/** As an answer shows it, as far as the model tells: an offer that has lapsed is over before anybody wrote so down. */
export function shownWish(clinic: Clinic, { status, ...wish }: Wish) {
  const offer = offerOf(clinic, wish.id);
  const lasts = offer && offer.expires_at > clinic.now ? offer : undefined;
  return {
    ...wish,
    status: status === 'offered' && !lasts ? 'waiting' : status,
    offer: lasts ? { timeslot: lasts.timeslot, expires_at: lasts.expires_at } : null,
  };
}

/** An entry by its id, for its patient or an admin. */
export function ownWish(clinic: Clinic, caller: Person, id: number): Wish {
  only(caller, 'patient', 'admin');
  const wish = clinic.wishes.find((other) => other.id === id);
  if (!wish) throw new Refused(404, 'waitlist_entry_not_found');
  if (caller.role === 'patient' && wish.patient !== caller.id) throw new Refused(403, 'forbidden');
  return wish;
}

export function join(clinic: Clinic, caller: Person, request: Act<'join'>, id: number): Step {
  const { doctor, from, to, after = null, before = null } = request;
  const patient = actingFor(caller, 'patient', request.patient);
  if (to < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  const { role, is_active } = personOf(clinic, patient);
  if (role !== 'patient' || !is_active) throw new Refused(404, 'patient_not_found');
  if (!personOf(clinic, doctor).is_active) throw new Refused(404, 'doctor_not_found');
  const live = clinic.wishes.filter(
    (wish) => wish.patient === patient && (wish.status === 'waiting' || wish.status === 'offered'),
  );
  const wish: Wish = { id, patient, doctor, from, to, after, before, status: 'waiting', appointment: null };
  const isSame = (other: Wish) =>
    (['doctor', 'from', 'to', 'after', 'before'] as const).every((name) => other[name] === wish[name]);
  if (live.some(isSame)) throw new Refused(409, 'already_waiting');
  if (live.length >= LIVE_MAX) throw new Refused(409, 'too_many_waitlist_entries');
  const next = { ...clinic, wishes: [...clinic.wishes, wish] };
  return made(next, shownWish(next, wish));
}

/** Turns the offer of a wish down, and passes its slot on. */
function turnDown(
  clinic: Clinic,
  { id, offer }: { id: number; offer: Offer },
  status: 'waiting' | 'left',
): Clinic {
  const slot = offer.timeslot ?? 0;
  return passOn(
    {
      ...clinic,
      offers: clinic.offers.map((other) => (other === offer ? { ...other, outcome: 'declined' } : other)),
      wishes: change(clinic.wishes, id, { status }),
      slots: change(clinic.slots, slot, { held_by: null, held_until: null }),
    },
    slot,
  );
}

export function leave(clinic: Clinic, caller: Person, request: { wish: number }): Step {
  const { id, status } = ownWish(clinic, caller, request.wish);
  if (status === 'booked' || status === 'left') return done(clinic);
  const offer = offerOf(clinic, id);
  if (offer) return done(turnDown(clinic, { id, offer }, 'left'));
  return done({ ...clinic, wishes: change(clinic.wishes, id, { status: 'left' }) });
}

export function accept(clinic: Clinic, caller: Person, request: { wish: number }, visit: number): Step {
  const { id, patient } = ownWish(clinic, caller, request.wish);
  const offer = offerOf(clinic, id);
  if (!offer || offer.timeslot === null || offer.expires_at <= clinic.now)
    throw new Refused(409, 'offer_lapsed');
  const step = bookFor(clinic, caller, { slot: offer.timeslot, patient }, visit);
  const over = ['slot_taken', 'already_yours', 'slot_held', 'slot_in_past', 'timeslot_not_found'];
  if (!over.includes(step.expected.code ?? '')) return step;
  return { ...step, expected: { status: 409, code: 'offer_lapsed' } };
}

export function decline(clinic: Clinic, caller: Person, request: { wish: number }): Step {
  const { id } = ownWish(clinic, caller, request.wish);
  const offer = offerOf(clinic, id);
  if (!offer || offer.expires_at <= clinic.now) throw new Refused(409, 'offer_lapsed');
  const next = turnDown(clinic, { id, offer }, 'waiting');
  return ok(next, shownWish(next, ownWish(next, caller, id)));
}
