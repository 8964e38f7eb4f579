/** A request that its sender may repeat: the same key, on the same route, with the same body. */
export interface Keyed {
  key: string;
  /** Method and path, however they were written. */
  route: string;
  body: unknown;
}

/** For how many hours its first answer is kept. */
export const KEPT_HOURS = 24;

/** What a request is answered with: what it did just now, or what it was answered with the first time. */
export interface Once<Answer> {
  answer: Answer;
  replayed: boolean;
}

/** The answer to what was done just now. */
export const fresh = <Answer>(answer: Answer): Once<Answer> => ({ answer, replayed: false });
