import type { Clinic, Room, Slot, Times } from './clinic.ts';
import { Refused } from './requests.ts';
import { isActive, isHeld, overlap, todayOf } from './rules.ts';

/** Where doctors work, and which room is in use. */

/** Where a doctor publishes: in the branch that is named, the only one, or the only one where they have slots ahead. */
export function placeOf(
  clinic: Clinic,
  doctor: number,
  { branch, room }: { branch?: number; room?: number },
): Pick<Slot, 'branch' | 'room'> {
  const open = clinic.branches.filter(({ is_active }) => is_active).map(({ id }) => id);
  const theirs = clinic.slots
    .filter((slot) => slot.doctor === doctor && slot.date >= todayOf(clinic))
    .map((slot) => slot.branch);
  const likely = open.length === 1 ? open : open.filter((id) => theirs.includes(id));
  const id = branch ?? (likely.length === 1 ? likely[0] : undefined);
  if (id === undefined) throw new Refused(400, 'invalid_input');
  const place = clinic.branches.find((one) => one.id === id);
  if (!place) throw new Refused(404, 'branch_not_found');
  const inRoom = clinic.rooms.find((one) => one.id === room && one.branch === id);
  if (room !== undefined && !inRoom) throw new Refused(404, 'room_not_found');
  if (!place.is_active) throw new Refused(409, 'branch_closed');
  if (inRoom && !inRoom.is_active) throw new Refused(409, 'room_closed');
  return { branch: id, room: room ?? null };
}

/** What does not count where one asks whether a room is in use. */
interface Except {
  /** Their room is kept for the visit that takes them. */
  slots?: readonly Slot[];
  /** The visit that is about to move. */
  visit?: number | undefined;
  /** Whose visit it is: what is kept for them makes way. */
  patient?: number | undefined;
}

/** Whether a doctor's hours are in a room at that time, or an examination, or it is kept for one. */
export const isUsed = (
  clinic: Clinic,
  room: number,
  times: Times,
  { slots = [], visit: moving, patient }: Except = {},
) =>
  clinic.slots.some(
    (slot) => slot.room === room && !slots.some(({ id }) => id === slot.id) && overlap(slot, times),
  ) ||
  clinic.visits.some(
    (visit) => visit.room === room && visit.id !== moving && isActive(visit) && overlap(visit, times),
  ) ||
  clinic.slots.some(
    (slot) =>
      slot.held_room === room &&
      isHeld(clinic, slot) &&
      slot.held_by !== patient &&
      !slots.some(({ id }) => id === slot.id) &&
      slot.held_parts.some((part) => overlap({ date: slot.date, ...part }, times)),
  );

/** Where a visit needs a room of a kind, and when. */
interface RoomWanted extends Times {
  kind: string;
  slots: readonly Slot[];
  visit?: number | undefined;
  /** Whose visit it is, where one is booked or moves. */
  patient?: number | undefined;
}

/** The rooms that would do. */
function freeRooms(clinic: Clinic, { kind, slots, visit, patient, ...times }: RoomWanted): Room[] {
  const branch = slots[0]?.branch;
  return clinic.rooms.filter(
    (room) =>
      room.branch === branch &&
      room.kind === kind &&
      room.is_active &&
      !isUsed(clinic, room.id, times, { slots, visit, patient }),
  );
}

export const isRoomFree = (clinic: Clinic, wanted: RoomWanted): boolean =>
  freeRooms(clinic, wanted).length > 0;

/**
 * The room that a visit takes: that of its slots, the one that it has, or any.
 * @param took the one that the real clinic took, where any would do
 */
export function roomFor(
  clinic: Clinic,
  wanted: RoomWanted,
  { kept, took }: { kept?: number | null | undefined; took?: number | null | undefined },
): number | undefined {
  const free = freeRooms(clinic, wanted).map(({ id }) => id);
  const first = [wanted.slots[0]?.room, kept, took].find((room) => free.some((id) => id === room));
  return first ?? free[0];
}

/**
 * What is kept with each of some slots that are held or offered together: the room, until the next one begins. What a visit of the
 * same patient has of it counts as kept as well: it is, when that visit goes.
 */
export function keeping(
  slots: readonly Slot[],
  room: number | null,
): Map<number, Pick<Slot, 'held_room' | 'held_parts'>> {
  const kept = slots.map(({ id, start_time, end_time }, index) => {
    const whole = { start_time, end_time: slots[index + 1]?.start_time ?? end_time };
    return [id, { held_room: room, held_parts: room === null ? [] : [whole] }] as const;
  });
  return new Map(kept);
}

/** The next free room of the same kind and branch; null where there is none. */
export function roomInstead(clinic: Clinic, id: number, times: Times): number | null {
  const room = clinic.rooms.find((one) => one.id === id);
  const others = clinic.rooms
    .filter((one) => one.id !== id && one.branch === room?.branch && one.kind === room.kind && one.is_active)
    .filter((one) => !isUsed(clinic, one.id, times))
    .map((one) => one.id);
  return others.find((one) => one > id) ?? others[0] ?? null;
}
