import type { Role } from '../../core/roles.ts';
import type { AccessLogEntry } from './audit.schemas.ts';

/** Each process notes so many different things in a minute. Of more it notes only that there were more. */
const MOST = 1_000;

/**
 * Tells the first of its kind within a minute from those that come after it, in bounded memory.
 * @returns what is to be noted: it, that there are more than can be noted, or nothing
 */
export function createSieve() {
  let minute = 0;
  let seen = new Set<string>();
  return (key: string, now: Date): 'first' | 'more' | undefined => {
    const present = Math.floor(now.getTime() / 60_000);
    if (present !== minute) {
      minute = present;
      seen = new Set();
    }
    if (seen.has(key) || seen.size > MOST) return undefined;
    seen.add(key);
    return seen.size > MOST ? 'more' : 'first';
  };
}

interface Actor {
  actor_id: number | null;
  actor_role: Role | null;
  actor_first_name: string | null;
  actor_last_name: string | null;
}

/** Who did it, with the names that they have now; null is the system. */
export function actorOf({ actor_id, actor_role, actor_first_name, actor_last_name }: Actor) {
  if (actor_id === null || actor_role === null) return null;
  return { id: actor_id, role: actor_role, first_name: actor_first_name, last_name: actor_last_name };
}

/** An entry as its subject is told of it. */
export function toAccessLogEntry(
  row: Actor & { id: number; at: string; action: string; details: Record<string, unknown> },
): AccessLogEntry {
  const { id, at, action, details } = row;
  const { appointment = null, fields = [] } = details as Partial<AccessLogEntry>;
  return { id, at, action, by: actorOf(row), appointment, fields };
}
