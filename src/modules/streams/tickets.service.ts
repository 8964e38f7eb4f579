import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { hashOf, newSecret } from '../../core/secrets.ts';
import type { Db } from '../../db/client.ts';
import * as repository from './streams.repository.ts';
import type { Ticket } from './streams.schemas.ts';

const LIFE = 30_000;
const hashOfTicket = (ticket: string) => hashOf(`stream:${ticket}`);

/** What opens a stream for whoever can send no header, such as a browser's EventSource. */
export function createTickets({ db, clock }: { db: Db; clock: Clock }) {
  return {
    async create({ session }: Caller): Promise<Ticket> {
      const ticket = newSecret();
      const expires_at = new Date(clock.now().getTime() + LIFE);
      await repository.insertTicket(db, { token_hash: hashOfTicket(ticket), session, expires_at });
      return { ticket, expires_at: expires_at.toISOString() };
    },

    /**
     * Whose a ticket is. It serves no second time, in no process.
     * @throws AppError invalid_token: it was never given, has been used or has run out
     */
    async take(ticket: string): Promise<Caller> {
      const taken = await repository.takeTicket(db, hashOfTicket(ticket));
      if (!taken || Date.parse(taken.expires_at) <= clock.now().getTime())
        throw new AppError('invalid_token');
      return { id: taken.user, role: taken.role, session: taken.session };
    },
  };
}
