import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { KEPT_HOURS, type Keyed, type Once } from '../../core/idempotency.ts';
import type { Caller } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import * as repository from './idempotency.repository.ts';

export type Idempotency = ReturnType<typeof createIdempotency>;

export function createIdempotency({ clock }: { clock: Clock }) {
  return {
    /**
     * Does something once for each key of a caller on a route, and keeps the answer in the same transaction: a crash
     * leaves both or neither. What is refused keeps no key, whether `work` throws or finds nothing to do.
     * @param request undefined does `work` and keeps nothing
     * @param subject whose record the answer shows: erasing them erases it; of somebody who is made by it, as the answer tells
     * @param work undefined when it was refused and changed nothing
     * @throws AppError request_in_progress, idempotency_key_reused
     */
    async once<Answer extends object>(
      tx: Tx,
      caller: Pick<Caller, 'id'>,
      request: Keyed | undefined,
      subject: number | ((answer: Answer) => number),
      work: () => Promise<Answer | undefined>,
    ): Promise<Once<Answer> | undefined> {
      if (!request) return fresh(await work());
      const owned = { ...request, user: caller.id };
      if (!(await repository.tryLock(tx, owned))) throw new AppError('request_in_progress');
      const now = clock.now();
      const fingerprint = createHash('sha256').update(JSON.stringify(request.body)).digest();
      const kept = await repository.find(tx, owned, new Date(now.getTime() - KEPT_HOURS * 3_600_000));
      if (kept && !kept.fingerprint.equals(fingerprint)) throw new AppError('idempotency_key_reused');
      if (kept) return { answer: kept.answer as Answer, replayed: true };
      const answer = await work();
      if (answer)
        await repository.keep(
          tx,
          owned,
          { fingerprint, answer: answer as Record<string, unknown> },
          typeof subject === 'number' ? subject : subject(answer),
          now,
        );
      return fresh(answer);
    },
  };
}

const fresh = <Answer>(answer: Answer | undefined): Once<Answer> | undefined =>
  answer && { answer, replayed: false };
