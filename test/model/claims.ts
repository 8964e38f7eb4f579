import type { Clinic, Service, Slot, Times, Wish } from './clinic.ts';
import { personOf } from './people.ts';
import { holderOf } from './rules.ts';
import { givenOf, serviceOf, slotsFor } from './services.ts';

/** What the waiting list keeps for those who wait for a service, which may take several slots. */

/** The visits of a service that would take a slot, by their slots, soonest first; only what nobody has booked counts. */
export const runsOver = (clinic: Clinic, slot: Slot, service: Service): Slot[][] =>
  clinic.slots
    .filter((first) => first.doctor === slot.doctor && first.date === slot.date)
    .filter((first) => first.start_time <= slot.start_time && !holderOf(clinic, first))
    .toSorted((a, b) => (a.start_time < b.start_time ? -1 : 1))
    .flatMap((first) => {
      const slots = slotsFor(clinic, first, service);
      return slots?.some(({ id }) => id === slot.id) ? [slots] : [];
    });

/** The service that somebody waits for, where a doctor gives it. */
export function givenFor(
  clinic: Clinic,
  { service: id }: Pick<Wish, 'service'>,
  doctor: number,
): Service | undefined {
  const service = serviceOf(clinic, id);
  return service?.is_active && givenOf(clinic, doctor, service.id) ? service : undefined;
}

const waiting = ({ wishes }: Clinic) =>
  wishes.filter(({ status, service }) => status === 'waiting' && service !== null);

export const isWithin = ({ after, before }: Wish, slots: readonly Slot[]): boolean =>
  (slots[0]?.start_time ?? '') >= (after ?? '') && (slots.at(-1)?.end_time ?? '') <= (before ?? '9');

/** When, with whom and where a slot is, or will be. */
export type Placed = Times & Pick<Slot, 'doctor' | 'branch'>;

/** Whether a wish is for a doctor: by name, or with all of their specialization. */
export const isFor = (clinic: Clinic, { doctor, specialization }: Omit<Wish, 'id'>, other: number): boolean =>
  doctor === other || (specialization !== null && specialization === personOf(clinic, other).specialization);

/** Whether it is for what lies on that day with that doctor, in that branch. */
export const isMeant = (clinic: Clinic, wish: Wish, { doctor, date, branch }: Placed): boolean =>
  isFor(clinic, wish, doctor) &&
  wish.from <= date &&
  date <= wish.to &&
  (wish.branch === null || wish.branch === branch);

/** Whether anybody waits for a service that could take a slot, from it or from one before it. */
export const isWantedWith = (clinic: Clinic, slot: Slot): boolean =>
  waiting(clinic).some((wish) => {
    const service = givenFor(clinic, wish, slot.doctor);
    const runs = service && isMeant(clinic, wish, slot) ? runsOver(clinic, slot, service) : [];
    return runs.some((slots) => isWithin(wish, slots));
  });

/** Whether a slot is passed on together with others of its day. */
export const isWantedWithOthers = (clinic: Clinic, slot: Slot): boolean =>
  waiting(clinic).some(
    ({ service, from, to }) =>
      givenOf(clinic, slot.doctor, service ?? 0) !== undefined && from <= slot.date && slot.date <= to,
  );

/** Free slots are kept for those who wait for a service that could take them, with all that it would take. */
export function claimed(clinic: Clinic, freed: readonly number[]): Clinic {
  const kept = new Set<number>();
  for (const slot of clinic.slots) {
    if (!freed.includes(slot.id) || holderOf(clinic, slot) || !isWantedWith(clinic, slot)) continue;
    for (const wish of waiting(clinic)) {
      const service = givenFor(clinic, wish, slot.doctor);
      if (service) for (const { id } of runsOver(clinic, slot, service).flat()) kept.add(id);
    }
  }
  const isClaimed = (slot: Slot) => kept.has(slot.id) && !holderOf(clinic, slot) && slot.held_by === null;
  return {
    ...clinic,
    slots: clinic.slots.map((slot) => (isClaimed(slot) ? { ...slot, is_waitlisted: true } : slot)),
  };
}
