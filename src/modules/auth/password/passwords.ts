import bcrypt from 'bcrypt';

export interface Passwords {
  hash: (password: string) => Promise<string>;
  /** Takes the same time whether or not there is a hash to compare with. */
  matches: (password: string, hash: string | null | undefined) => Promise<boolean>;
  /** Whether a hash was made at another cost than is set now: until it is made anew, its time is another too. */
  isOutdated: (hash: string) => boolean;
}

/** @param cost of bcrypt, as a power of two of its rounds */
export function createPasswords(cost: number): Passwords {
  // It stands in for the hash of an account that has none or does not exist: time tells nobody which names exist.
  let dummy: Promise<string> | undefined;
  return {
    hash: (password) => bcrypt.hash(password, cost),
    async matches(password, hash) {
      dummy ??= bcrypt.hash('nobody has this password', cost);
      const nobodys = await dummy;
      const fits = await bcrypt.compare(password, hash ?? nobodys);
      // bcrypt reads 72 bytes; no longer password was ever accepted.
      return fits && hash != null && Buffer.byteLength(password) <= 72;
    },
    isOutdated: (hash) => bcrypt.getRounds(hash) !== cost,
  };
}
