import type { Clock } from '../../core/clock.ts';
import type { Caller } from '../../core/roles.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import type { Channel, Listener } from '../../db/links/listen.ts';
import type { Audit } from '../audit/index.ts';
import { OPEN_POLICY, type Policy } from '../availability/index.ts';
import * as repository from './settings.repository.ts';
import type { PolicyChanges } from './settings.schemas.ts';

interface SettingsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  /** Told of another horizon, within the transaction that sets it. */
  onHorizon: (tx: Tx, before: Policy, after: Policy) => Promise<void>;
  hold_minutes: number;
  offer_minutes: number;
}

export type Settings = ReturnType<typeof createSettings>;

/**
 * The clinic's policy, in memory, so that a booking asks nothing for it. The database announces a change in the moment it
 * commits; while nobody follows that link, or it is down, each call asks the database.
 */
export function createSettings({
  db,
  clock,
  audit,
  onHorizon,
  hold_minutes,
  offer_minutes,
}: SettingsDependencies) {
  const defaults = { ...OPEN_POLICY, hold_minutes, offer_minutes };
  let known: Policy | undefined;
  let link: Pick<Listener, 'connected'> | undefined;
  let asked = 0;
  let taken = 0;

  async function read(executor: Executor = db): Promise<Policy> {
    const row = await repository.findSettings(executor);
    return {
      ...defaults,
      ...row,
      hold_minutes: row?.hold_minutes ?? hold_minutes,
      offer_minutes: row?.offer_minutes ?? offer_minutes,
    };
  }

  /** Of two answers the one counts whose question was asked later, whichever comes first. */
  async function reload(): Promise<Policy> {
    asked += 1;
    const question = asked;
    try {
      const now = await read();
      if (question > taken) [taken, known] = [question, now];
      return now;
    } catch (error) {
      // What was known may be out of date.
      known = undefined;
      throw error;
    }
  }

  const changes: Channel = {
    name: 'settings_changed',
    onConnect: async () => void (await reload()),
    // Where it cannot be read the next call asks again.
    onMessage: () => void reload().catch(() => {}),
  };

  return {
    /** The policy in force. */
    policy: (): Policy | Promise<Policy> => (link?.connected ? (known ?? reload()) : read()),

    /** What the database says now. */
    get: () => read(),

    /** Changes the policy; this process goes by it before it answers. */
    async update(fields: PolicyChanges, caller: Caller, unchanged?: Unchanged): Promise<Policy> {
      await transaction(db, async (tx) => {
        const isHorizon = fields.horizon_days !== undefined;
        let before: Policy | undefined;
        if (unchanged || isHorizon) {
          await repository.lockSettings(tx);
          before = await read(tx);
          unchanged?.(before);
        }
        await repository.saveSettings(tx, fields, { by: caller.id, now: clock.now() });
        if (before && isHorizon) await onHorizon(tx, before, await read(tx));
        const details = { fields: Object.keys(fields) };
        await audit.record(tx, { actor: caller, action: 'settings.update', details });
      });
      return reload();
    },

    /** What to hear of on the link, and the link on which it is heard. */
    changes,
    follow(heard: Pick<Listener, 'connected'>): void {
      link = heard;
    },
  };
}
