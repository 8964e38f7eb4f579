import type { Role } from '../../core/roles.ts';

/** What of a visit not everybody sees who sees the visit. */
interface Confided {
  reason?: string | null | undefined;
  note?: string | null | undefined;
  cancel_reason: string | null;
  patient: { date_of_birth?: string | null | undefined };
}

type Part = 'reason' | 'note' | 'cancel_reason' | 'date_of_birth';

/**
 * What each role sees of it. A role that is not named a part does not see it, in whichever answer the visit stands: the
 * patient never sees the clinic's note, and the desk reads nobody's reasons.
 */
const seenBy: Record<Role, readonly Part[]> = {
  admin: ['reason', 'note', 'cancel_reason', 'date_of_birth'],
  doctor: ['reason', 'note', 'cancel_reason', 'date_of_birth'],
  receptionist: ['note', 'date_of_birth'],
  patient: ['reason', 'cancel_reason'],
};

/** A visit as somebody of this role is shown it: what they may not see has no value. Every answer with a visit goes through here. */
export function shownTo<Visit extends Confided>(visit: Visit, role: Role): Visit {
  const sees = (part: Part) => seenBy[role].includes(part);
  const { date_of_birth, ...patient } = visit.patient;
  return {
    ...visit,
    // An answer that the version before kept for a repeated request has neither.
    reason: sees('reason') ? (visit.reason ?? null) : null,
    note: sees('note') ? (visit.note ?? null) : null,
    cancel_reason: sees('cancel_reason') ? visit.cancel_reason : null,
    patient: sees('date_of_birth') ? visit.patient : patient,
  };
}
