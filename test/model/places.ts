import { closedOff } from './calendar.ts';
import { type Clinic, change, type Person } from './clinic.ts';
import { only } from './people.ts';
import { type Act, type Created, done, made, type Openness, ok, Refused, type Step } from './requests.ts';
import { hasEnded, holderOf, isStillToCome } from './rules.ts';
import { calledOff } from './visits.ts';

/** Branches and rooms: opened, closed and deleted. */

interface Placed {
  branch: number;
  room: number | null;
}

/**
 * Nothing is booked any more in what is closed: what nobody has goes, and so does what is given up later. Whoever closes it
 * says what becomes of the visits that are still to come.
 */
function closedNow(
  clinic: Clinic,
  caller: Person,
  { was_active, upcoming }: { was_active: boolean; upcoming: Openness['upcoming'] },
  { isThere, close }: { isThere: (row: Placed) => boolean; close: (clinic: Clinic) => Clinic },
): Clinic {
  const ahead = clinic.visits.filter((visit) => isThere(visit) && isStillToCome(clinic, visit));
  if (was_active && upcoming === undefined && ahead.length > 0)
    throw new Refused(409, 'has_upcoming', { count: ahead.length });
  const closed = close(clinic);
  const now = upcoming === 'cancel' ? calledOff(closed, ahead, caller.id, 'clinic_closed') : closed;
  const gone = now.slots.filter((slot) => isThere(slot) && !hasEnded(now, slot) && !holderOf(now, slot));
  return closedOff(now, gone);
}

export function changeBranch(clinic: Clinic, caller: Person, request: Act<'change branch'>): Step {
  only(caller, 'admin');
  const { branch: id, is_active, upcoming } = request;
  const before = clinic.branches.find((one) => one.id === id);
  if (!before) throw new Refused(404, 'branch_not_found');
  const put = (now: Clinic): Clinic => ({ ...now, branches: change(now.branches, id, { is_active }) });
  const how = { was_active: before.is_active, upcoming };
  const place = { isThere: ({ branch }: Placed) => branch === id, close: put };
  return ok(is_active ? put(clinic) : closedNow(clinic, caller, how, place), { id, is_active });
}

export function changeRoom(clinic: Clinic, caller: Person, request: Act<'change room'>): Step {
  only(caller, 'admin');
  const { room: id, is_active, upcoming } = request;
  const before = clinic.rooms.find((one) => one.id === id);
  if (!before) throw new Refused(404, 'room_not_found');
  const put = (now: Clinic): Clinic => ({ ...now, rooms: change(now.rooms, id, { is_active }) });
  const how = { was_active: before.is_active, upcoming };
  const place = { isThere: ({ room }: Placed) => room === id, close: put };
  return ok(is_active ? put(clinic) : closedNow(clinic, caller, how, place), { id, is_active });
}

/** Rooms of earlier runs are in every branch, so that none is ever empty. */
export function deleteBranch(clinic: Clinic, caller: Person, { branch }: Act<'delete branch'>): Step {
  only(caller, 'admin');
  if (!clinic.branches.some(({ id }) => id === branch)) throw new Refused(404, 'branch_not_found');
  throw new Refused(409, 'branch_in_use');
}

export function addRoom(
  clinic: Clinic,
  caller: Person,
  { branch, name, kind }: Act<'add room'>,
  { id }: Created,
): Step {
  only(caller, 'admin');
  if (!clinic.branches.some((one) => one.id === branch)) throw new Refused(404, 'branch_not_found');
  const isTaken = clinic.rooms.some((room) => room.branch === branch && room.name === name);
  if (isTaken) throw new Refused(409, 'name_taken');
  const room = { id, branch, name, kind, is_active: true };
  return made({ ...clinic, rooms: [...clinic.rooms, room] }, { id, is_active: true });
}

/** Only one on which nothing hangs, past visits neither. */
export function deleteRoom(clinic: Clinic, caller: Person, { room: id }: Act<'delete room'>): Step {
  only(caller, 'admin');
  if (!clinic.rooms.some((room) => room.id === id)) throw new Refused(404, 'room_not_found');
  const isUsed = [...clinic.slots, ...clinic.visits].some(({ room }) => room === id);
  if (isUsed) throw new Refused(409, 'room_in_use');
  return done({ ...clinic, rooms: clinic.rooms.filter((room) => room.id !== id) });
}
