import { get, serverNow } from '../shared/api.js';
import { wallOf } from '../shared/text.js';

/** What the clinic says of itself; read once. */
let known;

export async function loadClinic() {
  known ??= await get('/clinic/', { guest: true });
}

export const clinic = () => known;

/** Today by the clinic's calendar, wherever the reader is. */
export const today = () => wallOf(serverNow(), known.time_zone).date;

export const branchOf = (id) => known.branches.find((branch) => branch.id === id);
/** The name of a branch goes without saying where there is one. */
export const hasBranches = () => known.branches.length > 1;
