import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import { together } from '../../db/together.ts';
import type { Memory } from '../../memory/memory.ts';
import { findAlternatives, type Whose } from './alternatives.repository.ts';
import type { OpenTimeslot } from './availability.schemas.ts';
import { busyAmong } from './patients.repository.ts';
import { type Bounds, boundsFor, type PolicySource } from './policy.rules.ts';
import type { Place, Wanted } from './refusal.repository.ts';
import { findServiceAlternatives } from './service-alternatives.repository.ts';

interface AlternativesDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  memory: Pick<Memory, 'recall'>;
}

/** The topic under which searches are remembered: any slot that changes may be one that they found. */
export const ALTERNATIVES = 'alternatives';

export type Alternatives = ReturnType<typeof createAlternatives>;

/** What somebody can have instead of a slot. */
export function createAlternatives({ db, clock, settings, memory }: AlternativesDependencies) {
  /** Searches under way, for a process that hears of no changes and so remembers nothing. */
  const searches = new Map<string, Promise<OpenTimeslot[]>>();

  const find = (
    place: Place,
    { service, ...whose }: Whose & Pick<Wanted, 'service'>,
    bounds: Bounds,
  ): Promise<OpenTimeslot[]> =>
    service === undefined
      ? findAlternatives(db, place, whose, bounds)
      : findServiceAlternatives(db, place, { ...whose, service }, bounds);

  /**
   * When hundreds want one slot, all but one are refused, and may be told the same. They come a few at a time (http/records),
   * so that what one finds is kept for the next until any slot changes. Without that 1,990 refusals cost 779 searches of
   * 19 ms each, and now 10.
   */
  function searchTogether(
    place: Place,
    service: number | undefined,
    bounds: Bounds,
  ): Promise<OpenTimeslot[]> {
    const { doctor, date, start_time } = place;
    // The desk may have what runs already, a patient may not: what was found for the one is not for the other.
    const { after, until, reach, running } = bounds;
    const key = [service, doctor, date, start_time, after.date, after.time, until, reach, running].join(' ');
    return memory.recall(
      ALTERNATIVES,
      key,
      () => true,
      () => searchOnce(key, place, service, bounds),
    );
  }

  function searchOnce(
    key: string,
    place: Place,
    service: number | undefined,
    bounds: Bounds,
  ): Promise<OpenTimeslot[]> {
    const under_way = searches.get(key);
    if (under_way) return under_way;
    const search = find(place, { service }, bounds).finally(() => searches.delete(key));
    searches.set(key, search);
    return search;
  }

  /** Who of those that are refused at once could not attend some of what was found. */
  const isBusyAt = together<{ patient: number; slots: readonly number[]; service: number | null }, boolean>({
    async together(asked) {
      const busy = new Map<unknown, boolean>();
      for (const alike of Map.groupBy(asked, ({ slots, service }) => `${service} ${slots}`).values()) {
        const [first] = alike;
        if (!first) continue;
        const patients = alike.map(({ patient }) => patient);
        const found = await busyAmong(db, patients, first);
        for (const one of alike) busy.set(one, found.has(one.patient));
      }
      return asked.map((one) => busy.get(one) ?? false);
    },
  });

  return {
    /**
     * What a patient can have instead of a slot, or of a visit that falls out: up to three slots of that doctor, nearest in
     * time first, then up to three of others of the specialization. Of a visit for a service these are starts from which it
     * fits, then those of others who give it.
     * @param wanted.patient what they could not attend is left out
     */
    find: async ({
      patient,
      service,
      ...place
    }: Place & { patient?: number; service?: number | undefined }): Promise<OpenTimeslot[]> =>
      find(place, { patient, service }, boundsFor('patient', await settings.policy(), clock)),

    /**
     * What to offer instead of a slot that was refused: what anybody can have, unless the patient could not attend some of
     * it. Then it is what they can have. For a service these are starts from which it fits.
     */
    async insteadOf(place: Place, wanted: Wanted, bounds: Bounds): Promise<OpenTimeslot[]> {
      if (wanted.moving === undefined && (wanted.branches ?? null) === null) {
        const slots = await searchTogether(place, wanted.service, bounds);
        const ids = slots.map(({ id }) => id);
        const { patient, service = null } = wanted;
        if (!(await isBusyAt({ patient, slots: ids, service }))) return slots;
      }
      return find(place, wanted, bounds);
    },
  };
}
