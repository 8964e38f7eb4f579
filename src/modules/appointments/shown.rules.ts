import { type Role, readsReasons, worksHere } from '../../core/roles.ts';

/** What of a visit not everybody sees who sees the visit. */
interface Confided {
  reason?: string | null | undefined;
  note?: string | null | undefined;
  cancel_reason: string | null;
  patient: { date_of_birth?: string | null | undefined };
}

type Part = 'reason' | 'note' | 'cancel_reason' | 'date_of_birth';

/**
 * Which roles see each of them, in whichever answer the visit stands: its patient never sees the clinic's note, and the desk
 * reads nobody's reasons.
 */
const seenBy: Record<Part, (role: Role) => boolean> = {
  reason: readsReasons,
  note: worksHere,
  cancel_reason: readsReasons,
  date_of_birth: worksHere,
};

/** A visit as somebody of this role is shown it: what they may not see has no value. Every answer with a visit goes through here. */
export function shownTo<Visit extends Confided>(visit: Visit, role: Role): Visit {
  const { date_of_birth, ...patient } = visit.patient;
  return {
    ...visit,
    // An answer that the version before kept for a repeated request has neither.
    reason: seenBy.reason(role) ? (visit.reason ?? null) : null,
    note: seenBy.note(role) ? (visit.note ?? null) : null,
    cancel_reason: seenBy.cancel_reason(role) ? visit.cancel_reason : null,
    patient: seenBy.date_of_birth(role) ? visit.patient : patient,
  };
}
