import { type Role, sideOf } from '../../core/roles.ts';

/** What of a log's event decides who hears of it. */
export interface Event {
  type: string;
  doctor_id: number | null;
  patient_id: number | null;
  branch_id: number | null;
  date: string | null;
  details: {
    from?: { date: string };
    from_doctor?: number;
    from_patient?: number;
    to?: string;
  } | null;
}

/** What whoever listens may hear of. */
export interface Rights {
  user: number;
  role: Role;
  /** Of a patient: themself and for whom they may act now. */
  family: readonly number[];
  /** Of a receptionist: the branches that they reach; null is every one. */
  branches: readonly number[] | null;
}

/** What of it they ask for. */
export interface Filter {
  branch?: number | undefined;
  doctor?: number | undefined;
  date?: string | undefined;
}

/** Which kinds each side of a visit hears of; the desk hears of all of them. */
const KINDS = {
  patient: ['appointment', 'waitlist'],
  doctor: ['appointment', 'timeslot', 'absence'],
  desk: ['appointment', 'timeslot', 'waitlist', 'absence', 'holiday'],
} as const;

/** Where something is: with whom, for whom, and when. */
interface Spot {
  doctor: number | null;
  patient: number | null;
  branch: number | null;
  from: string | null;
  to: string | null;
}

const spotNow = ({ doctor_id, patient_id, branch_id, date, details }: Event): Spot => ({
  doctor: doctor_id,
  patient: patient_id,
  branch: branch_id,
  from: date,
  to: details?.to ?? date,
});

/** Where a visit was that moved, or was given to somebody else. */
function spotBefore(event: Event, branch: number | null | undefined): Spot | undefined {
  const { details } = event;
  if (!details?.from && details?.from_patient === undefined) return undefined;
  const now = spotNow(event);
  const date = details.from?.date ?? now.from;
  return {
    doctor: details.from_doctor ?? now.doctor,
    patient: details.from_patient ?? now.patient,
    branch: branch ?? now.branch,
    from: date,
    to: date,
  };
}

const kindOf = ({ type }: Event) => type.slice(0, type.indexOf('.'));

function isTheirs(spot: Spot, kind: string, { user, role, family, branches }: Rights): boolean {
  const side = sideOf(role);
  if (side === 'patient') return spot.patient !== null && family.includes(spot.patient);
  if (side === 'doctor') return spot.doctor === user;
  if (branches === null) return true;
  if (spot.branch !== null) return branches.includes(spot.branch);
  // Whoever waits for no branch in particular waits for each, and the whole clinic is closed on such a holiday. Whose
  // absence is theirs is told by the slots and visits that it takes.
  return kind === 'waitlist' || kind === 'holiday';
}

/** What is said of no branch, doctor or day in particular is said of each. */
function isWanted({ branch, doctor, from, to }: Spot, wanted: Filter): boolean {
  const fits = (value: number | null, asked: number | undefined) =>
    asked === undefined || value === null || value === asked;
  const { date } = wanted;
  const isDay = date === undefined || from === null || (from <= date && date <= (to ?? from));
  return isDay && fits(branch, wanted.branch) && fits(doctor, wanted.doctor);
}

/**
 * What somebody hears of an event: `whole`, or `left` where a visit has gone to whom or where they may not see it: that it
 * has, and no more.
 * @param branch_before where a visit was that moved, if that is known
 */
export function hears(
  event: Event,
  rights: Rights,
  wanted: Filter,
  branch_before?: number | null,
): 'whole' | 'left' | undefined {
  const kind = kindOf(event);
  const kinds: readonly string[] = KINDS[sideOf(rights.role) ?? 'desk'];
  if (!kinds.includes(kind)) return undefined;
  const now = spotNow(event);
  const before = spotBefore(event, branch_before);
  const wasTheirs = before !== undefined && isTheirs(before, kind, rights) && isWanted(before, wanted);
  if (isTheirs(now, kind, rights)) return wasTheirs || isWanted(now, wanted) ? 'whole' : undefined;
  return wasTheirs ? 'left' : undefined;
}
