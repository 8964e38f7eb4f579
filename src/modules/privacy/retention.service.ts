import { addDays, type Clock } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import { sweeps } from './retention.repository.ts';

export interface RetentionDependencies {
  db: Db;
  clock: Clock;
  message_retention_days: number;
}

const DAY = 86_400_000;
/** A person sees their own past sign-ins for this long, and knows a device again by them. */
const SESSION_DAYS = 90;
/** Codes are counted by the hour; a day leaves room for clocks that differ. */
const CODE_DAYS = 1;
const THROTTLE_DAYS = 1;
/** An expired link still says for a while that it has expired, not that it never was. */
const LINK_DAYS = 7;
/** As long as its answer may be asked for again. */
const KEY_DAYS = 1;
/** What somebody waited for is nobody's business for long. */
const WISH_DAYS = 90;

/** How many rows of each kind went. */
export type Swept = Record<keyof typeof sweeps, number>;

export function createRetention({ db, clock, message_retention_days }: RetentionDependencies) {
  return {
    /** Lets go what has run out. Safe to repeat, beside another process that does the same, and to end anywhere. */
    async sweep(): Promise<Swept> {
      const now = clock.now();
      const today = clock.wall().date;
      const ago = (days: number) => new Date(now.getTime() - days * DAY);
      return {
        refresh_tokens: await sweeps.refresh_tokens(db, now),
        abandoned_sessions: await sweeps.abandoned_sessions(db, now),
        ended_sessions: await sweeps.ended_sessions(db, ago(SESSION_DAYS)),
        codes: await sweeps.codes(db, ago(CODE_DAYS)),
        login_throttles: await sweeps.login_throttles(db, now, ago(THROTTLE_DAYS)),
        one_use_links: await sweeps.one_use_links(db, ago(LINK_DAYS)),
        contact_changes: await sweeps.contact_changes(db, ago(LINK_DAYS)),
        idempotency_keys: await sweeps.idempotency_keys(db, ago(KEY_DAYS)),
        waitlist_entries: await sweeps.waitlist_entries(db, addDays(today, -WISH_DAYS)),
        withdrawn_timeslots: await sweeps.withdrawn_timeslots(db, today),
        closed_timeslots: await sweeps.closed_timeslots(db, today),
        messages: await sweeps.messages(db, ago(message_retention_days)),
        notifications: await sweeps.notifications(db, ago(message_retention_days)),
      };
    },
  };
}
