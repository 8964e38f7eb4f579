import type { Clock } from '../../core/clock.ts';
import type { Happened } from '../../events/log.ts';
import { bodyOf, type EventBody } from '../../events/told.ts';

/** What is said of an event to whom may hear all of it, and to whom it has left. */
interface Said {
  whole: EventBody;
  left: EventBody;
}

/** Ids and times, as webhooks tell them. Who holds a slot is told to nobody else; of a visit that has gone, only which it was. */
export function saidOf(event: Happened, clock: Pick<Clock, 'at'>): Said {
  const { data, ...about } = bodyOf(event, clock);
  const { object, id, version } = data;
  const nothing = { status: null, doctor: null, patient: null, branch: null, starts_at: null, ends_at: null };
  return {
    whole: { ...about, data: event.type.startsWith('timeslot.') ? { ...data, patient: null } : data },
    left: { ...about, data: { object, id, version, ...nothing } },
  };
}
