import type { Tx } from '../../db/client.ts';
import type { Personal } from './personal.ts';

/**
 * Moves what every module holds of a person from one of their records to the other. The order is that of `personal`
 * (modules.ts) from its end: visits first, then what is held and waited for, as everybody locks them.
 */
export async function mergeTraces(
  tx: Tx,
  merge: Parameters<NonNullable<Personal['merge']>>[1],
  personal: readonly Personal[],
): Promise<void> {
  for (const module of personal.toReversed()) await module.merge?.(tx, merge);
}
