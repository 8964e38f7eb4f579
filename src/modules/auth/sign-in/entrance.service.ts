import { describeDevice, type Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { Tx } from '../../../db/client.ts';
import type { Entering, Opening, Tokens } from '../sessions/tokens.service.ts';
import type { TokenPair } from './sign-in.schemas.ts';

interface EntranceDependencies {
  tokens: Pick<Tokens, 'open'>;
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

export type Entrance = ReturnType<typeof createEntrance>;

/** The one way in, whatever somebody has shown: it asks for a second step where there is one, and tells of a new device. */
export function createEntrance({ tokens, messages }: EntranceDependencies) {
  return {
    /**
     * Opens a session, or gives a ticket for the second step; `pairOf` tells them apart once the transaction has committed.
     * @param how by what, for the audit
     * @returns undefined when another password was set meanwhile
     * @throws AppError account_inactive
     */
    async enter(
      tx: Tx,
      user: Entering,
      origin: Origin,
      how: { provider?: string; passkey?: number } = {},
    ): Promise<Opening | undefined> {
      const opened = await tokens.open(tx, user, origin, how);
      if (opened && 'tokens' in opened && opened.is_new)
        await messages.enqueue(tx, {
          user_id: user.id,
          kind: 'new_sign_in',
          key: `session:${opened.session}:new_sign_in`,
          ...(origin.device !== undefined && { params: { device: describeDevice(origin.device) } }),
        });
      return opened;
    },

    /** @throws AppError second_step_required, with the ticket */
    pairOf(opened: Opening): TokenPair {
      if ('tokens' in opened) return opened.tokens;
      throw new AppError('second_step_required', { second_step: opened.second_step });
    },
  };
}
