import {
  type Act,
  actingFor,
  type Clinic,
  change,
  done,
  hasBegun,
  holderOf,
  isAvailableTo,
  isGuardian,
  isHeld,
  later,
  made,
  type Offer,
  ok,
  only,
  overlap,
  type Person,
  PLACE,
  personOf,
  Refused,
  reachOf,
  type Slot,
  STAFF,
  type Step,
  shownDoctor,
  startOf,
  statusOf,
  type Times,
  todayOf,
  type Visit,
  type Wish,
} from './clinic.ts';
import { beyond, booked, bookFor, isBookable, isBusy, obtain, tooMany } from './slots.ts';
import { calledOffBy, moved, mustMove, shownMade } from './visits.ts';

/** Who waits for what, whom it is offered to, and what they answer. */

const LIVE_MAX = 10;

/** How much of what is free already is shown to whoever joins. */
const FREE_SHOWN = 3;

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

/** Which visit the offer of a slot is to take the place of. */
export function replacing(clinic: Clinic, slot: number): number | null {
  const offer = clinic.offers.find(({ timeslot, outcome }) => timeslot === slot && outcome === null);
  return clinic.wishes.find(({ id }) => id === offer?.entry)?.replaces ?? null;
}

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

/** Whether the visit that a wish would replace stands against it: it has begun, or is over before its time. */
function isPast(clinic: Clinic, { replaces }: Wish): boolean {
  const visit = clinic.visits.find(({ id }) => id === replaces);
  if (!visit || !['pending', 'confirmed'].includes(statusOf(clinic, visit))) return false;
  return hasBegun(clinic, visit) || visit.attendance === 'completed' || visit.attendance === 'no_show';
}

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
          ({ entry, timeslot, freeing }) =>
            timeslot === slot.id &&
            freeing === slot.freeing &&
            patientOf(entry) === wish.patient &&
            (entry === wish.id || isLive(entry)),
        ) &&
        !isPast(clinic, wish) &&
        !isBusy(clinic, wish.patient, slot, wish.replaces) &&
        !clinic.slots.some(
          (other) =>
            other.is_waitlisted &&
            other.held_by === wish.patient &&
            isHeld(clinic, other) &&
            overlap(other, slot),
        ) &&
        !tooMany(clinic, wish.patient, wish.replaces),
    );
}

/**
 * When somebody wakes whose quiet hours it is, if they could still have a whole offer then. Of a child it is when the first of those
 * wakes who look after them.
 */
function wakingFor(clinic: Clinic, slot: Slot, { patient }: Wish): string | undefined {
  const { guardians = [] } = personOf(clinic, patient);
  const awake = guardians.map((id) => personOf(clinic, id)).filter(({ is_active }) => is_active);
  const people = awake.length > 0 ? awake : [personOf(clinic, patient)];
  const ends = people.map(({ quiet }) => quietEnd(clinic, quiet));
  const [end] = ends.toSorted();
  if (end === undefined || ends.includes(undefined)) return undefined;
  return startOf(slot) > later(end, clinic.policy.offer_minutes) ? end : undefined;
}

/** When quiet hours end in which one is now. */
function quietEnd(clinic: Clinic, quiet: Person['quiet']): string | undefined {
  const [date = '', time = ''] = clinic.now.split(' ');
  const { from, until } = quiet ?? { from: '22:00', until: '08:00' };
  const overnight = from > until;
  const isQuiet = overnight ? time >= from || time < until : time >= from && time < until;
  if (!isQuiet) return undefined;
  return `${overnight && time >= from ? later(clinic.now, 1_440).slice(0, 10) : date} ${until}`;
}

/** What became of a slot that was to be passed on. */
interface Passed {
  clinic: Clinic;
  /** The waiting list keeps it, and has offered it to nobody. */
  isKept?: boolean;
}

/**
 * Offers a slot to the next who can have it, or to anybody where there is none.
 * @param asking a patient who is just trying to get it, and so awake
 */
export function passOn(clinic: Clinic, id: number, asking?: number): Passed {
  const slot = clinic.slots.find((other) => other.id === id);
  if (!slot?.is_waitlisted || holderOf(clinic, slot) || isHeld(clinic, slot)) return { clinic };
  const now = slot.held_until === null ? clinic : endOffers(clinic, id, waitOn('lapsed'));
  const put = (changes: Partial<Slot>, rest: Partial<Clinic> = {}): Clinic => ({
    ...now,
    ...rest,
    slots: change(now.slots, id, changes),
  });
  const nobody = { held_by: null, held_until: null };
  const keep = (offer_after: string | null): Passed => ({
    clinic: put({ ...nobody, offer_after }),
    isKept: true,
  });
  const letGo = { clinic: put({ ...nobody, is_waitlisted: false, offer_after: null }) };
  const bound = beyond(now, 'patient', slot);
  if (hasBegun(now, slot) || bound === 'too_soon') return letGo;
  // It comes into reach, and the doctor comes back.
  if (bound !== undefined || !isBookable(now, slot)) return keep(null);
  if (asking === undefined && slot.offer_after !== null && slot.offer_after > now.now)
    return keep(slot.offer_after);
  const first = firstFor(now, slot);
  if (!first) return letGo;
  const wakes = first.patient === asking ? undefined : wakingFor(now, slot, first);
  if (wakes !== undefined) return keep(wakes);
  const end = later(now.now, now.policy.offer_minutes);
  const expires_at = end < startOf(slot) ? end : startOf(slot);
  const offer = { entry: first.id, timeslot: id, freeing: slot.freeing, expires_at, outcome: null };
  return {
    clinic: put(
      { held_by: first.patient, held_until: expires_at, offer_after: null },
      {
        wishes: change(now.wishes, first.id, { status: 'offered' }),
        offers: [...now.offers, offer],
      },
    ),
  };
}

/** Which slots wait to be offered, soonest first. */
export const passing = (clinic: Clinic): Slot[] =>
  clinic.slots
    .filter((slot) => slot.is_waitlisted && !isHeld(clinic, slot))
    .filter(
      (slot) =>
        slot.held_until !== null ||
        (isBookable(clinic, slot) &&
          slot.date <= reachOf(clinic) &&
          (slot.offer_after === null || slot.offer_after <= clinic.now)),
    )
    .toSorted((a, b) => (startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1));

export const passAllOn = (clinic: Clinic): Clinic =>
  passing(clinic).reduce((now, { id }) => passOn(now, id).clinic, clinic);

/** What is free on the first day out of patients' reach, and waited for, is kept for those who wait. */
export function claimNextDay(clinic: Clinic): Clinic {
  if (clinic.policy.horizon_days === null) return clinic;
  const day = later(`${reachOf(clinic)} 00:00`, 1_440).slice(0, 10);
  const isFree = (slot: Slot) =>
    slot.date === day && !holderOf(clinic, slot) && !slot.is_waitlisted && !isHeld(clinic, slot);
  return {
    ...clinic,
    slots: clinic.slots.map((slot) =>
      isFree(slot) && isWanted(clinic, slot)
        ? { ...slot, is_waitlisted: true, held_by: null, held_until: null }
        : slot,
    ),
  };
}

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
    branch: null,
    service: null,
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
  const isTheirs = wish.patient === caller.id || isGuardian(clinic, caller.id, wish.patient);
  if (caller.role === 'patient' && !isTheirs) throw new Refused(404, 'waitlist_entry_not_found');
  return wish;
}

export function join(clinic: Clinic, caller: Person, request: Act<'join'>, id: number): Step {
  const { doctor, from, to, after = null, before = null, replaces = null } = request;
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  if (to < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  const { role, is_active } = personOf(clinic, patient);
  if (role !== 'patient' || !is_active) throw new Refused(404, 'patient_not_found');
  if (!personOf(clinic, doctor).is_active) throw new Refused(404, 'doctor_not_found');
  if (replaces !== null) mustBeReplaceable(clinic, replaces, { patient, doctor });
  const live = clinic.wishes.filter(
    (wish) => wish.patient === patient && (wish.status === 'waiting' || wish.status === 'offered'),
  );
  const hours = { from, to, after, before };
  const wish: Wish = { id, patient, doctor, ...hours, status: 'waiting', appointment: null, replaces };
  const isSame = (other: Wish) =>
    (['doctor', 'from', 'to', 'after', 'before'] as const).every((name) => other[name] === wish[name]);
  if (live.some(isSame)) throw new Refused(409, 'already_waiting');
  if (live.length >= LIVE_MAX) throw new Refused(409, 'too_many_waitlist_entries');
  const next = { ...clinic, wishes: [...clinic.wishes, wish] };
  return made(next, { ...shownWish(next, wish), free_now: freeFor(clinic, wish) });
}

/** The visit that a wish with a doctor would replace: the patient's own, with that doctor, and still to come. */
function mustBeReplaceable(
  clinic: Clinic,
  id: number,
  { patient, doctor }: { patient: number; doctor: number },
): void {
  const visit = clinic.visits.find((other) => other.id === id && other.patient === patient);
  if (!visit) throw new Refused(404, 'appointment_not_found');
  if (!['pending', 'confirmed'].includes(statusOf(clinic, visit))) throw new Refused(409, 'already_decided');
  if (hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (visit.attendance === 'completed' || visit.attendance === 'no_show')
    throw new Refused(409, 'already_attended');
  if (visit.doctor !== doctor) throw new Refused(409, 'not_same_doctor');
}

/** What a patient who waits could book at this moment, the first of it. */
function freeFor(clinic: Clinic, wish: Wish) {
  return clinic.slots
    .filter((slot) => suits(wish, slot) && isAvailableTo(clinic, slot, 'patient'))
    .filter((slot) => !beyond(clinic, 'patient', slot) && !isBusy(clinic, wish.patient, slot, wish.replaces))
    .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
    .slice(0, FREE_SHOWN)
    .map(({ id, doctor, date, start_time, end_time }) => ({
      id,
      doctor: shownDoctor(clinic, doctor),
      date,
      start_time,
      end_time,
      ...PLACE,
    }));
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
  ).clinic;
}

export function leave(clinic: Clinic, caller: Person, request: { wish: number }): Step {
  const { id, status } = ownWish(clinic, caller, request.wish);
  if (status === 'booked' || status === 'left') return done(clinic);
  const offer = offerOf(clinic, id);
  if (offer) return done(turnDown(clinic, { id, offer }, 'left'));
  return done({ ...clinic, wishes: change(clinic.wishes, id, { status: 'left' }) });
}

export function accept(clinic: Clinic, caller: Person, request: { wish: number }, visit: number): Step {
  const { id, patient, replaces } = ownWish(clinic, caller, request.wish);
  const offer = offerOf(clinic, id);
  if (!offer || offer.timeslot === null || offer.expires_at <= clinic.now)
    throw new Refused(409, 'offer_lapsed');
  const wanted = { slot: offer.timeslot, patient };
  const step =
    replaces === null
      ? bookFor(clinic, caller, wanted, visit)
      : replace(clinic, caller, { ...wanted, replaces }, visit);
  const over = [
    'slot_taken',
    'already_yours',
    'slot_held',
    'slot_in_past',
    'timeslot_not_found',
    'clinic_closed',
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

/**
 * A visit gives way to the slot that its patient is offered: it moves, or, where it is with another doctor by now, is
 * cancelled. Where it was cancelled meanwhile there is nothing to give way.
 */
function replace(
  clinic: Clinic,
  caller: Person,
  { slot, patient, replaces }: { slot: number; patient: number; replaces: number },
  id: number,
): Step {
  const visit = clinic.visits.find((other) => other.id === replaces);
  if (!visit) throw new Error('a visit is never deleted');
  const isLive = ['pending', 'confirmed'].includes(statusOf(clinic, visit));
  // An offer of whoever is out is none, whatever became of the visit.
  const offered = clinic.slots.find((other) => other.id === slot);
  if (!offered || !isBookable(clinic, offered)) throw new Refused(409, 'offer_lapsed');
  if (isLive) mustMove(clinic, caller, visit);
  const wanted = { slot, patient, moving: replaces };
  return obtain(clinic, wanted, caller.role, (now, target) => {
    if (isLive && target.doctor === visit.doctor)
      return shownMade(moved(now, caller, visit, slot), caller, replaces);
    const without = isLive ? calledOffBy(now, caller, visit) : now;
    const kept = isLive && caller.role !== 'patient' ? visit.status : undefined;
    const step = booked(without, caller, { slot: target, patient, kept }, id);
    // Whatever else was to take the place of the visit takes the place of the new one.
    const wishes = step.next.wishes.map((wish) =>
      wish.replaces === replaces && (wish.status === 'waiting' || wish.status === 'offered')
        ? { ...wish, replaces: id }
        : wish,
    );
    return { ...step, next: { ...step.next, wishes } };
  });
}
