import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError, orThrow } from '../../core/errors.ts';
import { KEPT_HOURS, type Keyed, type Once } from '../../core/idempotency.ts';
import type { Caller } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import * as repository from './idempotency.repository.ts';

export type Idempotency = ReturnType<typeof createIdempotency>;

/** One of several requests that are carried out in one transaction. */
interface Asked<Answer> {
  caller: Pick<Caller, 'id'>;
  /** undefined is done, and nothing is kept. */
  request: Keyed | undefined;
  /**
   * Whose record the answer shows: erasing them erases it. Of somebody who is made by it, as the answer tells; the caller's own
   * where it shows nobody. Those whom it shows in a list are found by the index `idempotency_keys_people`.
   */
  subject: number | ((answer: Answer) => number);
}

export function createIdempotency({ clock }: { clock: Clock }) {
  /**
   * Does each of these once for each key of a caller on a route, and keeps the answers in the same transaction: a crash leaves
   * all or nothing of one. What is refused keeps no key.
   * @param work does those at these places of `asked`: an answer for each of them, undefined where it was refused and changed
   * nothing
   * @returns for each, in the order of `asked`; an AppError where it is in progress elsewhere, or its key has another body
   */
  async function onceEach<Answer extends object>(
    tx: Tx,
    asked: readonly Asked<Answer>[],
    work: (places: readonly number[]) => Promise<readonly (Answer | AppError | undefined)[]>,
  ): Promise<(Once<Answer> | AppError | undefined)[]> {
    const now = clock.now();
    const answers: (Once<Answer> | AppError | undefined)[] = asked.map(() => undefined);
    const keyed = new Map<string, { place: number; fingerprint: Buffer } & repository.Owned>();
    asked.forEach(({ caller, request }, place) => {
      if (!request) return;
      const id = `${caller.id} ${request.route} ${request.key}`;
      const fingerprint = createHash('sha256').update(JSON.stringify(request.body)).digest();
      if (keyed.has(id)) answers[place] = new AppError('request_in_progress');
      else keyed.set(id, { ...request, user: caller.id, place, fingerprint });
    });
    const owned = [...keyed.values()];
    if (owned.length > 0) {
      const locked = await repository.tryLock(tx, owned);
      const since = new Date(now.getTime() - KEPT_HOURS * 3_600_000);
      const kept = await repository.find(tx, owned, since);
      owned.forEach(({ place, fingerprint }, nth) => {
        const before = kept[nth];
        if (!locked[nth]) answers[place] = new AppError('request_in_progress');
        else if (before && !before.fingerprint.equals(fingerprint))
          answers[place] = new AppError('idempotency_key_reused');
        else if (before) answers[place] = { answer: before.answer as Answer, replayed: true };
      });
    }
    const places = asked.flatMap((_, place) => (answers[place] === undefined ? [place] : []));
    const done = places.length > 0 ? await work(places) : [];
    places.forEach((place, nth) => {
      const answer = done[nth];
      answers[place] =
        answer === undefined || answer instanceof AppError ? answer : { answer, replayed: false };
    });
    const answered = owned.flatMap((one) => {
      const got = answers[one.place];
      if (got === undefined || got instanceof AppError || got.replayed) return [];
      const { subject } = asked[one.place] as Asked<Answer>;
      const answer = got.answer as Record<string, unknown>;
      return [{ ...one, answer, subject: typeof subject === 'number' ? subject : subject(got.answer) }];
    });
    if (answered.length > 0) await repository.keep(tx, answered, now);
    return answers;
  }

  return {
    onceEach,

    /**
     * Does something once for each key of a caller on a route, as `onceEach` does several.
     * @param work undefined when it was refused and changed nothing
     * @returns undefined only where `work` does so
     * @throws AppError request_in_progress, idempotency_key_reused
     */
    async once<Done extends object | undefined>(
      tx: Tx,
      caller: Pick<Caller, 'id'>,
      request: Keyed | undefined,
      subject: number | ((answer: NonNullable<Done>) => number),
      work: () => Promise<Done>,
    ): Promise<Once<NonNullable<Done>> | Extract<Done, undefined>> {
      const [once] = await onceEach(tx, [{ caller, request, subject }], async () => [await work()]);
      return orThrow(once) as Once<NonNullable<Done>> | Extract<Done, undefined>;
    },
  };
}
