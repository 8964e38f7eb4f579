import { AsyncResource } from 'node:async_hooks';
import { forAll, type Place, present } from '../core/tracing.ts';
import { unhurried } from './deadline.ts';
import { LOCK_TOGETHER } from './limits.ts';

interface TogetherOptions<Item, Answer> {
  /** Does one alone, in the async context of whoever asked for it. Without it, one goes as a group of one. */
  alone?: (item: Item) => Promise<Answer>;
  /**
   * Does all of these in one statement or transaction: an answer for each, in their order. Where it throws, nothing has
   * happened, and each is done alone: one that is at fault, by whatever it asks, fails nobody but itself. What locks rows waits
   * for them for LOCK_TOGETHER at most.
   */
  together: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** How many groups may be under way at a time. */
  lanes?: number;
  /** How many go in one group at most. If more wait by then, the next group goes at the same time. */
  most?: number;
  /** Of those for whom this is the same, no two go in one group; without it, any do. */
  apart?: (item: Item) => unknown;
}

interface Waiting<Item, Answer> {
  item: Item;
  /** Bound to the request that asked, whose time it has: whoever lets it go may be another. */
  alone: () => Promise<Answer>;
  /** The span of whoever asked, where it is told. */
  place: Place | undefined;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * What comes while one of its kind is under way waits for that, and goes together with all that wait. What comes alone goes at
 * once, alone. So nobody waits for more than one group before their own, however many come: the more, the larger the groups.
 * Nor for longer than LOCK_TOGETHER: one that waits for what somebody keeps locked holds up who wants the same, nobody else.
 * 16 bookings in one statement cost the database a third of what they cost one by one (bench/NOTES.md).
 */
export function together<Item, Answer>({
  together: all,
  alone = async (item) => (await all([item]))[0] as Answer,
  lanes = 1,
  most = 64,
  apart,
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

  /** @returns when it is done, or is left to its members, each alone */
  async function group(members: readonly Waiting<Item, Answer>[]): Promise<void> {
    let answers: readonly Answer[];
    try {
      const places = members.map(({ place }) => place);
      answers = await forAll('together', places, () => all(members.map(({ item }) => item)));
    } catch {
      for (const member of members) void one(member);
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
    const late = setTimeout(makeWay, LOCK_TOGETHER);
    let holds_up = true;
    function makeWay(): void {
      clearTimeout(late);
      if (!holds_up) return;
      holds_up = false;
      under_way -= 1;
      next();
    }
    void done.finally(makeWay);
  }

  function next(): void {
    if (under_way >= lanes) return;
    const all_waiting = waiting;
    waiting = [];
    for (const members of groupsOf(all_waiting)) start(members);
  }

  function groupsOf(all_waiting: readonly Waiting<Item, Answer>[]): Waiting<Item, Answer>[][] {
    const groups: { members: Waiting<Item, Answer>[]; have: Set<unknown> }[] = [];
    for (const one of all_waiting) {
      const key = apart ? apart(one.item) : one;
      const group = groups.find(({ members, have }) => members.length < most && !have.has(key));
      if (!group) groups.push({ members: [one], have: new Set([key]) });
      group?.members.push(one);
      group?.have.add(key);
    }
    return groups.map(({ members }) => members);
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, alone: AsyncResource.bind(() => alone(item)), place: present(), resolve, reject });
      next();
    });
}
