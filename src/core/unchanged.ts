/**
 * Asked within the transaction of a change, once the record is locked, with its state as a reader is shown it: throws
 * version_mismatch where that is not the state for which the change was meant. Undefined where it was meant for any.
 */
export type Unchanged = ((state: object) => void) | undefined;
