import { AppError } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { namesOf } from '../../../core/names.ts';
import type { Page } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { transaction } from '../../../db/client.ts';
import { LONG_READ } from '../../../db/limits.ts';
import type { Reach } from '../../availability/index.ts';
import { type BranchesDependencies, unlessInUse } from '../branches/branches.service.ts';
import * as repository from './rooms.repository.ts';
import type { NewRoom, Room, RoomChanges, RoomFilters } from './rooms.schemas.ts';

export type Rooms = ReturnType<typeof createRooms>;

/** The rooms and devices of the branches. */
export function createRooms({
  db,
  audit,
  idempotency,
  closing,
  reach,
}: BranchesDependencies & { reach: Pick<Reach, 'of'> }) {
  return {
    /** Those in the branches that the caller reaches. */
    list: async ({ page, page_size, ...filters }: RoomFilters, caller: Caller): Promise<Page<Room>> =>
      repository.listRooms(db, { ...filters, branches: await reach.of(caller) }, { page, page_size }),

    /** @throws AppError room_not_found, also for one in a branch that the caller does not reach */
    async get(id: number, caller: Caller): Promise<Room> {
      const room = await repository.findRoom(db, id);
      const branches = await reach.of(caller);
      if (!room || (branches !== null && !branches.includes(room.branch)))
        throw new AppError('room_not_found');
      return room;
    },

    /**
     * @param request asks for it to be done once only
     * @throws AppError branch_not_found and name_taken, by the constraints; request_in_progress, idempotency_key_reused
     */
    add: (room: NewRoom, caller: Caller, request?: Keyed): Promise<Once<Room>> =>
      transaction(db, (tx) =>
        idempotency.once(tx, caller, request, caller.id, async () => {
          const added = await repository.insertRoom(tx, room);
          await audit.record(tx, { actor: caller, action: 'room.create', details: { room: added.id } });
          return added;
        }),
      ),

    /**
     * Changes a room. What becomes of its visits has to be said where it closes.
     * @throws AppError room_not_found, version_mismatch, name_taken, has_upcoming
     */
    update: (
      id: number,
      { upcoming, ...changes }: RoomChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<Room> =>
      transaction(
        db,
        async (tx) => {
          const before = await repository.lockRoom(tx, id);
          if (!before) throw new AppError('room_not_found');
          unchanged?.(before);
          const { is_active } = changes;
          const write = () => repository.updateRoom(tx, id, changes);
          const change = { was_active: before.is_active, is_active, upcoming, write };
          await closing.change(tx, { room: id }, change, caller);
          const details = { room: id, fields: namesOf(changes), ...(upcoming && { upcoming }) };
          await audit.record(tx, { actor: caller, action: 'room.update', details });
          return { ...before, ...(await repository.findRoom(tx, id)) };
        },
        { statement: LONG_READ },
      ),

    /**
     * Deletes a room on which nothing hangs: no slot, week or visit.
     * @throws AppError room_not_found, version_mismatch, room_in_use
     */
    remove: (id: number, caller: Caller, unchanged?: Unchanged): Promise<void> =>
      unlessInUse('room_in_use', () =>
        transaction(db, async (tx) => {
          const deleted = await repository.deleteRoom(tx, id);
          if (!deleted) throw new AppError('room_not_found');
          unchanged?.(deleted);
          await audit.record(tx, { actor: caller, action: 'room.delete', details: { room: id } });
        }),
      ),
  };
}
