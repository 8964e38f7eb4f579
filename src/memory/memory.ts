/** Answers that are kept until something they were read from changes. */
export interface Memory {
  /**
   * Gives what is remembered under this key. Otherwise it gives what `load` finds, and remembers that unless its topic
   * changes meanwhile. Whoever asks while it loads gets the same value, and nobody may change it.
   * @param topic what changes as one, such as a doctor's day
   * @param holds whether a remembered value still stands by the clock; every other change is told by `forget`
   */
  recall<Value>(
    topic: string,
    key: string,
    holds: (value: Value) => boolean,
    load: () => Promise<Value>,
  ): Promise<Value>;
  /**
   * As `recall` of the first of these, which is read together with others of which nothing is remembered, up to the next of which
   * something is. Each is remembered by itself.
   * @param load gives so many of them, from the first on
   */
  recallFirst<Value>(
    places: readonly (readonly [topic: string, key: string])[],
    holds: (value: Value) => boolean,
    load: (count: number) => Promise<readonly Value[]>,
  ): Promise<Value>;
  /** Something of this topic has changed: who asks from now on gets nothing from before. */
  forget(topic: string): void;
  /** Anything may have changed. */
  clear(): void;
}

interface MemoryOptions {
  /**
   * How many answers are kept, and in how many times ANSWER_BYTES. Beyond either, the topic that was first asked for goes
   * with all its answers.
   */
  limit: number;
  /** Whether every change is told soon enough; while it is not, nothing is answered from memory and nothing is kept. */
  isFresh: () => boolean;
}

/** What an answer may take on average. A page of 20 slots takes 7 kB, one of 100 slots 35 kB. */
export const ANSWER_BYTES = 8_192;
/** What the map takes for an answer, and the promise that holds it. */
const OVERHEAD = 500;

/**
 * Bytes that an answer takes: as JSON it is the text that is written out for those who ask (http/page), and the rows from
 * which it is written take about twice that.
 */
const bytesOf = (value: unknown): number => 3 * (JSON.stringify(value)?.length ?? 0) + OVERHEAD;

interface Answer {
  value: Promise<unknown>;
  /** 0 while it loads. */
  bytes: number;
}
type Answers = Map<string, Answer>;

export function createMemory({ limit, isFresh }: MemoryOptions): Memory {
  const topics = new Map<string, Answers>();
  let count = 0;
  let bytes = 0;

  function forget(topic: string): void {
    for (const answer of topics.get(topic)?.values() ?? []) leave(answer);
    topics.delete(topic);
  }

  function leave(answer: Answer | undefined): void {
    if (!answer) return;
    count -= 1;
    bytes -= answer.bytes;
  }

  function answersOf(topic: string): Answers {
    const known = topics.get(topic);
    if (known) return known;
    const fresh: Answers = new Map();
    topics.set(topic, fresh);
    return fresh;
  }

  function keepWithin(): void {
    for (const oldest of topics.keys()) {
      if (count <= limit && bytes <= limit * ANSWER_BYTES) return;
      forget(oldest);
    }
  }

  function keep(topic: string, answers: Answers, key: string, value: Promise<unknown>): void {
    // A change has let go of the topic since: what was read before it is kept by nobody.
    if (topics.get(topic) !== answers) return;
    const answer: Answer = { value, bytes: 0 };
    const isKept = () => topics.get(topic) === answers && answers.get(key) === answer;
    leave(answers.get(key));
    answers.set(key, answer);
    count += 1;
    keepWithin();
    value.then(
      (found) => {
        if (!isKept()) return;
        answer.bytes = bytesOf(found);
        bytes += answer.bytes;
        keepWithin();
      },
      () => {
        if (!isKept()) return;
        leave(answer);
        answers.delete(key);
      },
    );
  }

  async function recall<Value>(
    topic: string,
    key: string,
    holds: (value: Value) => boolean,
    load: () => Promise<Value>,
  ): Promise<Value> {
    if (!isFresh()) return load();
    const answers = answersOf(topic);
    const known = answers.get(key)?.value as Promise<Value> | undefined;
    if (known) {
      const value = await known;
      if (holds(value)) return value;
      const next = answers.get(key)?.value as Promise<Value> | undefined;
      // Somebody else has begun to load it anew.
      if (next && next !== known) return next;
    }
    const loading = load();
    keep(topic, answers, key, loading);
    return loading;
  }

  const isKnown = ([topic, key]: readonly [string, string]) => topics.get(topic)?.has(key) ?? false;

  return {
    recall,
    async recallFirst<Value>(
      [first, ...others]: readonly (readonly [string, string])[],
      holds: (value: Value) => boolean,
      load: (count: number) => Promise<readonly Value[]>,
    ) {
      const one = async () => (await load(1))[0] as Value;
      if (!first || !isFresh()) return one();
      const next = others.findIndex(isKnown);
      const unknown = next === -1 ? others : others.slice(0, next);
      return recall(...first, holds, async () => {
        const loading = load(1 + unknown.length);
        unknown.forEach(([topic, key], nth) => {
          const value = loading.then((values) => values[nth + 1] as Value);
          keep(topic, answersOf(topic), key, value);
        });
        return (await loading)[0] as Value;
      });
    },
    forget,
    clear() {
      topics.clear();
      count = 0;
      bytes = 0;
    },
  };
}
