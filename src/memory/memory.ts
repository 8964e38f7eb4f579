/** Answers that are kept until something they were read from changes. */
export interface Memory {
  /**
   * What is remembered under this key, or what `load` finds, which is then remembered unless its topic changes
   * meanwhile. Whoever asks while it loads gets the same, and nobody may change it.
   * @param topic what changes as one, such as a doctor's day
   * @param holds whether a remembered value still stands by the clock; whatever else changes it is told by `forget`
   */
  recall<Value>(
    topic: string,
    key: string,
    holds: (value: Value) => boolean,
    load: () => Promise<Value>,
  ): Promise<Value>;
  /** Something of this topic has changed: who asks from now on gets nothing from before. */
  forget(topic: string): void;
  /** Anything may have changed. */
  clear(): void;
}

export interface MemoryOptions {
  /** How many answers are kept; beyond it the topic that was first asked for goes with all of its own. */
  limit: number;
  /** Whether every change is told soon enough; while it is not, nothing is answered from memory and nothing kept. */
  isFresh: () => boolean;
}

export function createMemory({ limit, isFresh }: MemoryOptions): Memory {
  const topics = new Map<string, Map<string, Promise<unknown>>>();
  let size = 0;

  function forget(topic: string): void {
    size -= topics.get(topic)?.size ?? 0;
    topics.delete(topic);
  }

  function answersOf(topic: string): Map<string, Promise<unknown>> {
    const known = topics.get(topic);
    if (known) return known;
    const fresh = new Map<string, Promise<unknown>>();
    topics.set(topic, fresh);
    return fresh;
  }

  function keep(
    topic: string,
    answers: Map<string, Promise<unknown>>,
    key: string,
    answer: Promise<unknown>,
  ) {
    // A change has let go of the topic since: what was read before it is kept by nobody.
    if (topics.get(topic) !== answers) return;
    if (!answers.has(key)) size += 1;
    answers.set(key, answer);
    for (const oldest of topics.keys()) {
      if (size <= limit) return;
      forget(oldest);
    }
  }

  return {
    async recall<Value>(
      topic: string,
      key: string,
      holds: (value: Value) => boolean,
      load: () => Promise<Value>,
    ) {
      if (!isFresh()) return load();
      const answers = answersOf(topic);
      const found = answers.get(key) as Promise<Value> | undefined;
      if (found) {
        const value = await found;
        if (holds(value)) return value;
        const next = answers.get(key) as Promise<Value> | undefined;
        // Somebody else has begun to load it anew.
        if (next && next !== found) return next;
      }
      const loading = load();
      keep(topic, answers, key, loading);
      loading.catch(() => {
        if (topics.get(topic) === answers && answers.get(key) === loading)
          size -= Number(answers.delete(key));
      });
      return loading;
    },
    forget,
    clear() {
      topics.clear();
      size = 0;
    },
  };
}
