import { get, serverNow } from './api.js';
import { wallOf } from './text.js';

/** What the clinic says of itself; read once. */
let known;

export async function loadClinic() {
  known ??= await get('/clinic/', { guest: true });
}

export const clinic = () => known;

/** The clinic's clock, wherever the reader is: `date` and `time`. */
export const now = () => wallOf(serverNow(), known.time_zone);
export const today = () => now().date;

export const branchOf = (id) => known.branches.find((branch) => branch.id === id);
/** The name of a branch goes without saying where there is one. */
export const hasBranches = () => known.branches.length > 1;
