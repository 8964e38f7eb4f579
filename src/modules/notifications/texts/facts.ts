import type { MessageKind } from '../../../core/messages.ts';
import type { Role } from '../../../core/roles.ts';

/** What the database knows of a visit, at the moment of writing. */
export interface VisitFacts {
  /** On the clinic's wall clock, as it stands in the appointment. */
  date: string;
  start_time: string;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  patient_first_name: string | null;
  patient_last_name: string | null;
  cancel_reason: string | null;
  /** Its slot is gone: the clinic is closed then, or the doctor has withdrawn it. */
  is_gone?: boolean;
  /** Where it is; the branch's name where the clinic has several. */
  place?: { branch: string | null; address: string | null; phone: string | null } | null;
  /** First and last names of other doctors that the message names, by id. */
  doctors?: Readonly<Record<string, readonly [string | null, string | null]>> | null;
}

/** What a message is written from. */
export interface MessageFacts {
  kind: MessageKind;
  /** The reader's. */
  role: Role;
  visit: VisitFacts | null;
  /** The clinic's name. */
  clinic?: string | undefined;
  /** Where links lead; without it there are none. */
  public_url?: string | undefined;
  params: Readonly<Record<string, string>>;
  /** First and last name of whom the reader looks after; null where it is about the reader. */
  whose?: readonly [string | null, string | null] | null;
  /** When it happened, on the clinic's wall. */
  happened: { date: string; time: string };
  /** Today on the clinic's wall: a date of another year is written with its year. */
  today: string;
  code?: string;
}
