/** So many different ones are noted in a minute by each process; of more than that only that there were more. */
const MOST = 1_000;

/**
 * Tells the first of its kind within a minute from those that come after it, in bounded memory.
 * @returns what is to be noted: it, that there are more than can be noted, or nothing
 */
export function createSieve() {
  let minute = 0;
  let seen = new Set<string>();
  return (key: string, now: Date): 'first' | 'more' | undefined => {
    const present = Math.floor(now.getTime() / 60_000);
    if (present !== minute) {
      minute = present;
      seen = new Set();
    }
    if (seen.has(key) || seen.size > MOST) return undefined;
    seen.add(key);
    return seen.size > MOST ? 'more' : 'first';
  };
}
