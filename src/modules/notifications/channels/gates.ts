import type { Channel } from '../../../core/words.ts';
import { createGate, type Gate } from './gate.ts';

/** How many attempts at a time are made by a channel that fails. */
const PROBES = 2;

/**
 * The gate of each channel, and the places to send in. A provider that fails may let each attempt hang, so it gets few
 * places: email does not wait for SMS.
 * @param now milliseconds
 */
export function createGates(now: () => number) {
  const gates = new Map<Channel, Gate>();
  const under_way = new Map<Channel, number>();

  function gateOf(channel: Channel): Gate {
    const gate = gates.get(channel) ?? createGate(now);
    gates.set(channel, gate);
    return gate;
  }

  return {
    gateOf,

    /** @returns undefined where all places are taken */
    takePlace(channel: Channel): { leave: () => void } | undefined {
      const taken = under_way.get(channel) ?? 0;
      if (gateOf(channel).isFailing() && taken >= PROBES) return undefined;
      under_way.set(channel, taken + 1);
      return { leave: () => under_way.set(channel, (under_way.get(channel) ?? 1) - 1) };
    },
  };
}
