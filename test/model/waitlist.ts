import { booked, bookFor } from './booking.ts';
import { givenFor } from './claims.ts';
import { type Clinic, change, NOT_HELD, type Offer, type Person, type Slot, type Wish } from './clinic.ts';
import { offerOf, passOnAlone } from './offers.ts';
import { isGuardian, mustReach, only, reaches, STAFF } from './people.ts';
import { type Created, done, ok, Refused, type Step } from './requests.ts';
import { isHeld, statusOf } from './rules.ts';
import { isForNewOrKnown, isOfAge, serviceOf, slotsFor } from './services.ts';
import { isBookable, obtain, obtainable, type Wanted } from './slots.ts';
import { calledOffBy, moved, mustMove, shownMade } from './visits.ts';

/** What whoever waits answers to an offer, and how they leave. */

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

/** An entry by its id, for its patient or the staff. */
export function ownWish(clinic: Clinic, caller: Person, id: number): Wish {
  only(caller, 'patient', ...STAFF);
  const wish = clinic.wishes.find((other) => other.id === id);
  if (!wish) throw new Refused(404, 'waitlist_entry_not_found');
  // Whoever waits for no branch in particular waits for each.
  if (wish.branch !== null && !reaches(caller, wish.branch))
    throw new Refused(404, 'waitlist_entry_not_found');
  const isTheirs = wish.patient === caller.id || isGuardian(clinic, caller.id, wish.patient);
  if (caller.role === 'patient' && !isTheirs) throw new Refused(404, 'waitlist_entry_not_found');
  return wish;
}

/** Turns the offer of a wish down, and passes its slot on. */
function turnDown(
  clinic: Clinic,
  { id, offer }: { id: number; offer: Offer },
  status: 'waiting' | 'left',
): Clinic {
  const slot = offer.timeslot ?? 0;
  const patient = clinic.wishes.find((wish) => wish.id === id)?.patient;
  const isOffered = (one: Slot) =>
    one.id === slot || (one.held_with === slot && one.is_waitlisted && one.held_by === patient);
  const count = clinic.slots.filter(isOffered).length;
  return passOnAlone(
    {
      ...clinic,
      offers: clinic.offers.map((other) => (other === offer ? { ...other, outcome: 'declined' } : other)),
      wishes: change(clinic.wishes, id, { status }),
      slots: clinic.slots.map((one) => (isOffered(one) ? { ...one, ...NOT_HELD } : one)),
    },
    slot,
    count,
  );
}

export function leave(clinic: Clinic, caller: Person, request: { wish: number }): Step {
  const { id, status } = ownWish(clinic, caller, request.wish);
  if (status === 'booked' || status === 'left') return done(clinic);
  const offer = offerOf(clinic, id);
  if (offer) return done(turnDown(clinic, { id, offer }, 'left'));
  return done({ ...clinic, wishes: change(clinic.wishes, id, { status: 'left' }) });
}

export function accept(clinic: Clinic, caller: Person, request: { wish: number }, created: Created): Step {
  const { id, patient, service, replaces } = ownWish(clinic, caller, request.wish);
  const offer = offerOf(clinic, id);
  if (!offer || offer.timeslot === null || offer.expires_at <= clinic.now)
    throw new Refused(409, 'offer_lapsed');
  mustReach(
    caller,
    clinic.slots.find((slot) => slot.id === offer.timeslot),
    'timeslot_not_found',
  );
  mustReach(
    caller,
    clinic.visits.find((visit) => visit.id === replaces),
    'appointment_not_found',
  );
  const wanted = { slot: offer.timeslot, patient, service: service ?? undefined, offered: true };
  const step =
    replaces === null
      ? bookFor(clinic, caller, { wanted }, created)
      : replace(clinic, caller, { ...wanted, replaces }, created);
  const over = [
    'slot_taken',
    'already_yours',
    'slot_held',
    'slot_in_past',
    'timeslot_not_found',
    'clinic_closed',
    'not_enough_time',
  ];
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

/** All that an offer is of is still kept for them, and is for them. */
function isTheirs(clinic: Clinic, { slot: id, patient, service: what, moving }: Wanted): boolean {
  const first = clinic.slots.find((slot) => slot.id === id);
  const service = serviceOf(clinic, what);
  const isForThem = first && (!service || isOfAge(clinic, service, patient, first.date));
  const slots = first && service ? slotsFor(clinic, first, service, moving) : first && [first];
  return Boolean(isForThem && slots?.every((slot) => slot.held_by === patient && isHeld(clinic, slot)));
}

/**
 * A visit gives way to the slot that its patient is offered: it moves, or, where it is with another doctor by now, is
 * cancelled. Where it was cancelled meanwhile there is nothing to give way.
 */
function replace(
  clinic: Clinic,
  caller: Person,
  {
    replaces,
    ...offered
  }: { slot: number; patient: number; offered: boolean; service: number | undefined; replaces: number },
  created: Created,
): Step {
  const { slot, patient } = offered;
  const visit = clinic.visits.find((other) => other.id === replaces);
  if (!visit) throw new Error('a visit is never deleted');
  const isLive = ['pending', 'confirmed'].includes(statusOf(clinic, visit));
  // An offer of whoever is out is none, whatever became of the visit.
  const target = clinic.slots.find((other) => other.id === slot);
  if (!target || !isBookable(clinic, target)) throw new Refused(409, 'offer_lapsed');
  if (isLive) mustMove(clinic, caller, visit);
  const wanted = { ...offered, moving: replaces };
  return obtain(clinic, wanted, caller, (now) => {
    if (!isTheirs(now, wanted)) throw new Refused(409, 'offer_lapsed');
    const whole = obtainable(now, wanted, caller.role);
    if (!whole) return undefined;
    if (isLive && whole.slots[0]?.doctor === visit.doctor)
      return shownMade(moved(now, caller, { visit, whole }, created), caller, replaces);
    const { service, slots } = whole;
    const isGiven = !service || givenFor(clinic, { service: service.id }, slots[0]?.doctor ?? 0);
    if (!isGiven || (service && !isForNewOrKnown(clinic, service, patient)))
      throw new Refused(409, 'no_room_free');
    const without = isLive ? calledOffBy(now, caller, visit) : now;
    const kept = isLive && caller.role !== 'patient' ? visit.status : undefined;
    const step = booked(without, caller, { whole, patient, kept }, created);
    // Whatever else was to take the place of the visit takes the place of the new one.
    const wishes = step.next.wishes.map((wish) =>
      wish.replaces === replaces && (wish.status === 'waiting' || wish.status === 'offered')
        ? { ...wish, replaces: created.id }
        : wish,
    );
    return { ...step, next: { ...step.next, wishes } };
  });
}
