import { isMeant, isWantedWith, isWantedWithOthers, type Placed } from './claims.ts';
import {
  type Clinic,
  change,
  NOT_HELD,
  type Offer,
  type Person,
  type Slot,
  type Visit,
  type Wish,
} from './clinic.ts';
import { guardiansOf, personOf } from './people.ts';
import { keeping, roomFor } from './rooms.ts';
import { hasBegun, holderOf, isHeld, later, reachOf, startOf } from './rules.ts';
import { serviceOf } from './services.ts';
import { beyond, isBookable } from './slots.ts';
import { firstFor } from './turns.ts';

/** To whom the waiting list offers what becomes free. */

export const suits = (clinic: Clinic, wish: Wish, slot: Placed) =>
  isMeant(clinic, wish, slot) &&
  slot.start_time >= (wish.after ?? '') &&
  slot.end_time <= (wish.before ?? '9');

/** Whether anybody waits for a slot like this. */
export const isWanted = (clinic: Clinic, slot: Placed) =>
  clinic.wishes.some(
    (wish) => wish.status === 'waiting' && wish.service === null && suits(clinic, wish, slot),
  );

export const offerOf = (clinic: Clinic, wish: number) =>
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

/**
 * When somebody wakes whose quiet hours it is, if they could still have a whole offer then. Of a child it is when the first of those
 * wakes who look after them.
 */
function wakingFor(clinic: Clinic, slot: Slot, { patient }: Wish): string | undefined {
  const self = personOf(clinic, patient);
  const keepers = guardiansOf(clinic, patient).map((id) => personOf(clinic, id));
  const active = keepers.filter(({ is_active }) => is_active);
  const people = self.has_sign_in || active.length === 0 ? [self, ...active] : active;
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
export function passOn(before: Clinic, id: number, asking?: number): Passed {
  const found = before.slots.find((other) => other.id === id);
  const withOthers = found !== undefined && isWantedWithOthers(before, found);
  // What a long visit takes may have been offered slot by slot.
  const clinic = withOthers ? lapsedOn(before, found) : before;
  return passOnWithin(clinic, id, { asking, withOthers });
}

/** Ends the offers of a doctor's day that nobody answered. */
const lapsedOn = (clinic: Clinic, { doctor, date }: Slot): Clinic =>
  clinic.slots
    .filter((slot) => slot.doctor === doctor && slot.date === date && slot.is_waitlisted)
    .filter((slot) => slot.held_until !== null && !isHeld(clinic, slot) && !holderOf(clinic, slot))
    .reduce((now, { id }) => endOffers(now, id, waitOn('lapsed')), clinic);

function passOnWithin(
  clinic: Clinic,
  id: number,
  { asking, withOthers }: { asking?: number | undefined; withOthers: boolean },
): Passed {
  const slot = clinic.slots.find((other) => other.id === id);
  if (!slot?.is_waitlisted || holderOf(clinic, slot) || isHeld(clinic, slot)) return { clinic };
  const now = slot.held_until === null ? clinic : endOffers(clinic, id, waitOn('lapsed'));
  const put = (changes: Partial<Slot>, rest: Partial<Clinic> = {}): Clinic => ({
    ...now,
    ...rest,
    slots: change(now.slots, id, changes),
  });
  const keep = (offer_after: string | null): Passed => ({
    clinic: put({ ...NOT_HELD, offer_after }),
    isKept: true,
  });
  const letGo = { clinic: put({ ...NOT_HELD, is_waitlisted: false, offer_after: null }) };
  const bound = beyond(now, 'patient', slot);
  if (hasBegun(now, slot) || bound === 'too_soon') return letGo;
  // It comes into reach, and the doctor comes back.
  if (bound !== undefined || !isBookable(now, slot)) return keep(null);
  if (asking === undefined && slot.offer_after !== null && slot.offer_after > now.now)
    return keep(slot.offer_after);
  const first = firstFor(now, slot, withOthers);
  if (!first) return letGo;
  const { wish, slots } = first;
  const [begins] = slots as [Slot];
  const wakes = wish.patient === asking ? undefined : wakingFor(now, begins, wish);
  if (wakes !== undefined) return keep(wakes);
  const end = later(now.now, now.policy.offer_minutes);
  const expires_at = end < startOf(begins) ? end : startOf(begins);
  const offer = { entry: wish.id, timeslot: begins.id, freeing: begins.freeing, expires_at, outcome: null };
  const held = { held_by: wish.patient, held_until: expires_at, is_waitlisted: true, offer_after: null };
  const replaced = now.visits.find((visit) => visit.id === wish.replaces);
  const kind = serviceOf(now, wish.service)?.room_kind ?? null;
  const times = { ...begins, end_time: (slots.at(-1) ?? begins).end_time };
  const room =
    kind === null
      ? null
      : roomFor(now, { ...times, kind, slots, visit: replaced?.id }, { took: now.keeps[begins.id] });
  const kept = keeping(slots, room ?? null);
  const ids = new Set(slots.map((one) => one.id));
  return {
    clinic: {
      ...now,
      slots: now.slots.map((one) =>
        ids.has(one.id)
          ? { ...one, ...held, held_with: one.id === begins.id ? null : begins.id, ...kept.get(one.id) }
          : one,
      ),
      wishes: change(now.wishes, wish.id, { status: 'offered' }),
      offers: [...now.offers, offer],
    },
  };
}

/** As part of what frees slots: where several are passed on together, it is left to the job. */
export function passOnAlone(clinic: Clinic, id: number, count: number): Clinic {
  const slot = clinic.slots.find((one) => one.id === id);
  if (count > 1 || (slot && isWantedWithOthers(clinic, slot))) return clinic;
  return passOnWithin(clinic, id, { withOthers: false }).clinic;
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

/** What is free on these days, and waited for, is kept for those who wait. @param after the day before the first of them */
function claimDays(clinic: Clinic, after: string, last: string): Clinic {
  const isFree = (slot: Slot) =>
    slot.date >= clinic.now.slice(0, 10) &&
    slot.date > after &&
    slot.date <= last &&
    !holderOf(clinic, slot) &&
    !slot.is_waitlisted &&
    !isHeld(clinic, slot);
  return {
    ...clinic,
    slots: clinic.slots.map((slot) =>
      isFree(slot) && (isWanted(clinic, slot) || isWantedWith(clinic, slot))
        ? { ...slot, ...NOT_HELD, is_waitlisted: true }
        : slot,
    ),
  };
}

/** The last day within patients' reach when days were last claimed. */
const lastReach = (clinic: Clinic): string =>
  reachOf({ ...clinic, now: clinic.claimed_on === null ? clinic.now : `${clinic.claimed_on} 00:00` });

/** The first day out of patients' reach is claimed, and what came within reach since this was last done. */
export function claimNextDay(clinic: Clinic): Clinic {
  const next = later(`${reachOf(clinic)} 00:00`, 1_440).slice(0, 10);
  const claimed = clinic.policy.horizon_days === null ? clinic : claimDays(clinic, lastReach(clinic), next);
  return { ...claimed, claimed_on: clinic.now.slice(0, 10) };
}

/** The policy is another: where it reaches further, what it now reaches is claimed. */
export function withPolicy(clinic: Clinic, policy: Clinic['policy']): Clinic {
  const next = { ...clinic, policy };
  return reachOf(next) > reachOf(clinic) ? claimDays(next, lastReach(clinic), reachOf(next)) : next;
}

/** Somebody is out: what was held for them or offered to them is given back, and they wait no longer. */
export function leaveAll(clinic: Clinic, patient: number): Clinic {
  const mine = new Set(clinic.wishes.filter((wish) => wish.patient === patient).map(({ id }) => id));
  const offered = new Set(
    clinic.offers.filter(({ entry, outcome }) => mine.has(entry) && outcome === null).map((o) => o.timeslot),
  );
  const given = clinic.slots.filter(
    (slot) =>
      offered.has(slot.id) || (slot.held_by === patient && !slot.is_waitlisted && slot.held_with === null),
  );
  const isGiven = (slot: Slot) =>
    slot.held_by === patient && given.some(({ id }) => id === slot.id || id === slot.held_with);
  return {
    ...clinic,
    slots: clinic.slots.map((slot) => (isGiven(slot) ? { ...slot, ...NOT_HELD } : slot)),
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
