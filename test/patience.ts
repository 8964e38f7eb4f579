import { Server } from 'node:http';
import { vi } from 'vitest';

/**
 * How long a machine needs for something is none of a test's business: what is waited for may take as long as it likes,
 * and only a run that hangs is ended. vitest's own patience, and any that a test names, would be used up by a machine
 * that is busy with something else.
 */
const HANGS = 900_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) =>
  waitFor(callback, { ...(typeof options === 'object' && options), timeout: HANGS });

/** A server in the tests' own process hangs up on nobody who waits for an answer. */
Server.prototype.setTimeout = function patiently() {
  return this;
};
