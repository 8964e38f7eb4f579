import { adultsBornBy } from '../../../core/age.ts';
import { addDays, type Clock } from '../../../core/clock.ts';
import type { Message } from '../../../core/messages.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { listEnding, markTold, type Ending as Row } from './ending.repository.ts';
import { endOf } from './families.rules.ts';

interface EndingDependencies {
  db: Db;
  clock: Clock;
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

/** So long before it ends it is told. */
const DAYS = 30;
const BATCH = 500;

/** A guardianship ends by itself. That it will is told beforehand, once. */
export const createEnding = ({ db, clock, messages }: EndingDependencies) => ({
  /**
   * The task `tell_guardianship_ends`: tells the guardians of whoever will soon be 18, and themself where something reaches
   * them. A day that was missed is caught up with.
   */
  async tell(): Promise<void> {
    const { date: today } = clock.wall();
    const adult = { now: adultsBornBy(today), soon: adultsBornBy(addDays(today, DAYS)) };
    for (;;) {
      const ending = await listEnding(db, adult, BATCH);
      for (const one of ending) await transaction(db, (tx) => tellOne(tx, one));
      if (ending.length < BATCH) return;
    }

    async function tellOne(tx: Tx, { dependant, date_of_birth, is_reached }: Row): Promise<void> {
      const day = endOf(date_of_birth);
      const told = { kind: 'guardianship_ends', key: `guardianship:${dependant}:ends:${day}` } as const;
      for (const user_id of await markTold(tx, dependant, clock.now(), adult.now))
        await messages.enqueue(tx, { ...told, user_id, params: { day, for: String(dependant) } });
      if (is_reached) await messages.enqueue(tx, { ...told, user_id: dependant, params: { day } });
    }
  },
});

export type Ending = ReturnType<typeof createEnding>;
