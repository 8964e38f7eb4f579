import { sideOf } from '../../core/roles.ts';
import type { Event, Rights } from './streams.rules.ts';

/**
 * Who may be told of an event, without asking each of thousands: they are found by the patients, doctors or desks whom it is
 * about. Whether they are told is for `hears`.
 */
export function createAudience<Listener extends { rights: Rights }>() {
  const patients = new Map<number, Set<Listener>>();
  const doctors = new Map<number, Set<Listener>>();
  const desks = new Set<Listener>();
  /** By which ids somebody is found now. */
  const known = new Map<Listener, [index: Map<number, Set<Listener>>, id: number][]>();

  function remove(listener: Listener): void {
    desks.delete(listener);
    for (const [index, id] of known.get(listener) ?? []) {
      const those = index.get(id);
      those?.delete(listener);
      if (those?.size === 0) index.delete(id);
    }
    known.delete(listener);
  }

  function add(listener: Listener): void {
    const { role, user, family } = listener.rights;
    const side = sideOf(role);
    if (side === null) return void desks.add(listener);
    const index = side === 'doctor' ? doctors : patients;
    const ids = side === 'doctor' ? [user] : family;
    known.set(
      listener,
      ids.map((id) => [index, id]),
    );
    for (const id of ids) index.set(id, (index.get(id) ?? new Set()).add(listener));
  }

  return {
    add,
    remove,
    /** Their rights have changed. */
    place(listener: Listener): void {
      remove(listener);
      add(listener);
    },
    hasDesks: (): boolean => desks.size > 0,
    *of({ patient_id, doctor_id, details }: Event): Generator<Listener> {
      yield* desks;
      for (const id of new Set([patient_id, details?.from_patient])) yield* patients.get(id ?? 0) ?? [];
      for (const id of new Set([doctor_id, details?.from_doctor])) yield* doctors.get(id ?? 0) ?? [];
    },
  };
}
