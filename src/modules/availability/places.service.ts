import type { Clock } from '../../core/clock.ts';
import { AppError, type FieldError } from '../../core/errors.ts';
import type { Db, Executor } from '../../db/client.ts';
import { findRoomInstead, type JudgedPlace, judgePlaces, type WantedPlace } from './places.repository.ts';

/** In which branch and which room a doctor works. */
export function createPlaces({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /**
     * The branch of each of these places: the one that is named, or the one that follows from what the doctor has.
     * @param options.pathOf the field of a place that must say its branch
     * @param options.mayBeClosed whether a place may be in a branch or a room that is closed; none may by default
     * @throws AppError invalid_input (required), branch_not_found, room_not_found, branch_closed, room_closed
     */
    async resolve(
      executor: Executor,
      doctor: number,
      places: readonly WantedPlace[],
      {
        pathOf = () => 'branch',
        mayBeClosed = () => false,
      }: { pathOf?: (place: number) => string; mayBeClosed?: (place: number) => boolean } = {},
    ): Promise<number[]> {
      if (places.length === 0) return [];
      const judged = await judgePlaces(executor, doctor, clock.wall().date, places);
      const missing = judged.flatMap(({ branch }, place): FieldError[] =>
        branch === null ? [{ path: pathOf(place), code: 'required' }] : [],
      );
      if (missing.length > 0) throw new AppError('invalid_input', { fields: missing });
      return judged.map((place, nth) => {
        refuseUnknown(place);
        if (!mayBeClosed(nth)) refuseClosed(place);
        return place.branch ?? 0;
      });
    },

    /** The next free room of that one's kind and branch; null without one. */
    roomInstead: (room: number, hours: { date: string; start_time: string; end_time: string }) =>
      findRoomInstead(db, room, hours, clock.now()),
  };
}

function refuseUnknown({ has_branch, has_room }: JudgedPlace): void {
  if (!has_branch) throw new AppError('branch_not_found');
  if (!has_room) throw new AppError('room_not_found');
}

function refuseClosed({ branch_is_open, room_is_open }: JudgedPlace): void {
  if (!branch_is_open) throw new AppError('branch_closed');
  if (!room_is_open) throw new AppError('room_closed');
}
