import { givenFor, isMeant, isWithin, runsOver } from './claims.ts';
import type { Clinic, Slot, Wish } from './clinic.ts';
import { suits } from './offers.ts';
import { personOf } from './people.ts';
import { isRoomFree } from './rooms.ts';
import { hasBegun, holderOf, isHeld, overlap, statusOf } from './rules.ts';
import { isForNewOrKnown, isOfAge, spanOf } from './services.ts';
import { beyond, isBusy, tooMany } from './slots.ts';

/** Whose turn it is on the waiting list. */

/** Whether the visit that a wish would replace stands against it: it has begun, or is over before its time. */
function isPast(clinic: Clinic, { replaces }: Wish): boolean {
  const visit = clinic.visits.find(({ id }) => id === replaces);
  if (!visit || !['pending', 'confirmed'].includes(statusOf(clinic, visit))) return false;
  return hasBegun(clinic, visit) || visit.attendance !== null;
}

/**
 * Whether whoever waits could come. Who had the offer of a slot is passed over, by whichever of their wishes it came, and so is
 * whoever has a visit, or another offer, at that time.
 */
function couldCome(clinic: Clinic, wish: Wish, slots: readonly Slot[]): boolean {
  const [first] = slots as [Slot];
  const span = spanOf(slots);
  const isLive = (id: number) =>
    clinic.wishes.some((one) => one.id === id && (one.status === 'waiting' || one.status === 'offered'));
  const patientOf = (entry: number) => clinic.wishes.find(({ id }) => id === entry)?.patient;
  return (
    personOf(clinic, wish.patient).is_active &&
    !clinic.offers.some(
      ({ entry, timeslot, freeing }) =>
        timeslot === first.id &&
        freeing === first.freeing &&
        patientOf(entry) === wish.patient &&
        (entry === wish.id || isLive(entry)),
    ) &&
    !isPast(clinic, wish) &&
    !isBusy(clinic, wish.patient, span, wish.replaces) &&
    !clinic.slots.some(
      (other) =>
        other.is_waitlisted &&
        other.held_by === wish.patient &&
        isHeld(clinic, other) &&
        overlap(other, span),
    ) &&
    !tooMany(clinic, wish.patient, wish.replaces)
  );
}

/** What a wish for a service would be offered with a slot: the soonest that fits. */
function wholeFor(clinic: Clinic, wish: Wish, slot: Slot): Slot[] | undefined {
  const service = givenFor(clinic, wish, slot.doctor);
  if (!service || !isMeant(clinic, wish, slot) || !isOfAge(clinic, service, wish.patient, slot.date))
    return undefined;
  if (!isForNewOrKnown(clinic, service, wish.patient)) return undefined;
  const { room_kind: kind } = service;
  return runsOver(clinic, slot, service).find(
    (slots) =>
      isWithin(wish, slots) &&
      !hasBegun(clinic, slots[0] as Slot) &&
      beyond(clinic, 'patient', slots[0] as Slot) !== 'too_soon' &&
      !slots.some((one) => holderOf(clinic, one) || (one.id !== slot.id && isHeld(clinic, one))) &&
      couldCome(clinic, wish, slots) &&
      (kind === null ||
        isRoomFree(clinic, { kind, slots, visit: wish.replaces ?? undefined, ...spanOf(slots) })),
  );
}

/** The first who waits for a slot, alone or with others, and can come. */
export function firstFor(
  clinic: Clinic,
  slot: Slot,
  withOthers: boolean,
): { wish: Wish; slots: Slot[] } | undefined {
  for (const wish of clinic.wishes.toSorted((a, b) => a.id - b.id)) {
    if (wish.status !== 'waiting') continue;
    if (wish.service === null) {
      if (suits(clinic, wish, slot) && couldCome(clinic, wish, [slot])) return { wish, slots: [slot] };
    } else if (withOthers) {
      const slots = wholeFor(clinic, wish, slot);
      if (slots) return { wish, slots };
    }
  }
  return undefined;
}
