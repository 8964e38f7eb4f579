import { AsyncResource } from 'node:async_hooks';
import { unhurried } from './deadline.ts';

interface TogetherOptions<Item, Answer> {
  /** Does one alone, in the async context of whoever asked for it. Without it, one goes as a group of one. */
  alone?: (item: Item) => Promise<Answer>;
  /**
   * Does all of these in one statement or transaction: an answer for each, in their order. Where it throws, nothing has
   * happened, and each is done alone: one that is at fault, by whatever it asks, fails nobody but itself.
   */
  together: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** How many groups may be under way at a time. */
  lanes?: number;
  /** How many go in one group at most. If more wait by then, the next group goes at the same time. */
  most?: number;
}

interface Waiting<Item, Answer> {
  item: Item;
  /** Bound to the request that asked, whose time it has: whoever lets it go may be another. */
  alone: () => Promise<Answer>;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * What comes while one of its kind is under way waits for that, and goes together with all that wait. What comes alone goes at
 * once, alone. So nobody waits for more than one group before their own, however many come: the more, the larger the groups.
 * 16 bookings in one statement cost the database a third of what they cost one by one (bench/NOTES.md).
 */
export function together<Item, Answer>({
  together: all,
  alone = async (item) => (await all([item]))[0] as Answer,
  lanes = 1,
  most = 64,
}: TogetherOptions<Item, Answer>): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let under_way = 0;

  async function one({ alone: answered, resolve, reject }: Waiting<Item, Answer>): Promise<void> {
    try {
      resolve(await answered());
    } catch (error) {
      reject(error);
    }
  }

  async function group(members: readonly Waiting<Item, Answer>[]): Promise<void> {
    let answers: readonly Answer[];
    try {
      answers = await all(members.map(({ item }) => item));
    } catch {
      await Promise.all(members.map(one));
      return;
    }
    members.forEach(({ resolve }, nth) => {
      resolve(answers[nth] as Answer);
    });
  }

  /** A group is not bound to the time that one of its members has left: the limits of a statement hold. */
  function start(members: readonly Waiting<Item, Answer>[]): void {
    under_way += 1;
    const [first] = members;
    const done = members.length === 1 && first ? one(first) : unhurried(() => group(members));
    void done.finally(() => {
      under_way -= 1;
      next();
    });
  }

  function next(): void {
    if (under_way >= lanes) return;
    const all_waiting = waiting;
    waiting = [];
    for (let from = 0; from < all_waiting.length; from += most) start(all_waiting.slice(from, from + most));
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, alone: AsyncResource.bind(() => alone(item)), resolve, reject });
      next();
    });
}
