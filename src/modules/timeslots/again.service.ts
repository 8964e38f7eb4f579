import { again } from '../../db/again.ts';
import { databaseError } from '../../db/client.ts';

/** The rules by which the database refuses a whole statement of many slots, since it has not seen what was written meanwhile. */
const OTHERS = [
  'timeslots_not_in_absence',
  'timeslots_not_on_holiday',
  'room_uses_no_overlap',
  'timeslots_branch_is_open',
  'timeslots_room_is_open',
];

/** Each refusal means that somebody else was done first; so many who want one room at once all have their turn. */
const ATTEMPTS = 20;

/**
 * Publishes many slots, and again where the database refused them all: a statement that waited for an absence, a holiday,
 * another doctor's use of the room or the closing of a place has not seen it. The next time it does, and skips what lies in
 * it.
 * @param publish one statement, or a whole transaction, that skips what it sees
 */
export const seeingOthers = <Outcome>(publish: () => Promise<Outcome>): Promise<Outcome> =>
  again(
    { attempts: ATTEMPTS, after: (error) => OTHERS.includes(databaseError(error)?.constraint ?? '') },
    publish,
  );
