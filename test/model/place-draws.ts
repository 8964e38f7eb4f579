import type { Clinic } from './clinic.ts';
import type { Draw, Kinds } from './commands.ts';
import { roomName } from './furnishing.ts';
import { idsOf, NOBODY, somebody } from './picking.ts';
import type { Openness } from './requests.ts';
import { pick } from './times.ts';

/** What is drawn of branches and rooms. */

/** What is closed opens again before long: else there is soon nothing to be had. */
function opening(place: { is_active: boolean } | undefined, { which }: Draw): Openness {
  if (place && !place.is_active) return { is_active: true };
  const [keep, cancel] = [{ upcoming: 'keep' }, { upcoming: 'cancel' }] as const;
  return { is_active: false, ...pick([{}, keep, {}, cancel, keep, cancel], which) };
}

/** Mostly what is closed, if anything is. */
function choose<Row extends { id: number; is_active: boolean }>(
  rows: readonly Row[],
  { what, time }: Draw,
): Row | undefined {
  if (what === 9) return undefined;
  const closed = rows.find(({ is_active }) => !is_active);
  if (closed && what > 1) return closed;
  return rows.length > 0 ? pick(rows, time) : undefined;
}

const by = (clinic: Clinic, draw: Draw) => somebody(clinic, draw, 'admin').id;

export const placeDraws = {
  'change branch'(clinic, draw) {
    // The first is where nearly everything is.
    const branch = choose(draw.flag ? clinic.branches : clinic.branches.slice(1), draw);
    return {
      do: 'change branch',
      by: by(clinic, draw),
      branch: branch?.id ?? NOBODY,
      ...opening(branch, draw),
    };
  },
  'delete branch': (clinic, draw) => ({
    do: 'delete branch',
    by: by(clinic, draw),
    branch: draw.what === 0 ? NOBODY : pick(clinic.branches, draw.time).id,
  }),
  'add room'(clinic, draw) {
    const owner = idsOf(clinic, 'admin')[0] ?? NOBODY;
    const branch = draw.what === 0 ? NOBODY : pick(clinic.branches, draw.time).id;
    const name = roomName(`Room ${draw.which % 3}`, owner);
    return { do: 'add room', by: by(clinic, draw), branch, name, kind: draw.flag ? 'lab' : 'office' };
  },
  'change room'(clinic, draw) {
    // The first is where doctors want to be.
    const room = choose(draw.flag ? clinic.rooms.slice(0, 1) : clinic.rooms, draw);
    return { do: 'change room', by: by(clinic, draw), room: room?.id ?? NOBODY, ...opening(room, draw) };
  },
  'delete room'(clinic, draw) {
    const room = draw.what === 0 ? undefined : clinic.rooms.at(-1 - (draw.time % 3));
    return { do: 'delete room', by: by(clinic, draw), room: room?.id ?? NOBODY };
  },
} satisfies Partial<Kinds>;
