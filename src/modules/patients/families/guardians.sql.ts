import { rowOf } from '../../../db/sql.ts';

/**
 * Who looks after whom, as SQL. A tie is over with the 18th birthday, which is judged here, each time when it is used. Without
 * a day of birth nobody acts for anybody.
 * @param adult the SQL for the latest day of birth of adults (core/age)
 */

/** The ties that are not over, as rows `tie`, each with its `child`. */
const ties = (adult: string): string => `
  guardianships tie
  join lateral ${rowOf('patient_profiles', 'tie.dependant_id')} child on child.date_of_birth > ${adult}::date`;

/**
 * Those of them by which somebody may act now. A tie rests while its guardian is out, or one of both works here: guardians are
 * patients, and act for patients.
 */
export const tiesThatHold = (adult: string): string => `
  ${ties(adult)}
  join lateral ${rowOf('users', 'tie.guardian_id')} keeper on keeper.role = 'patient' and keeper.is_active
  join lateral ${rowOf('users', 'tie.dependant_id')} ward on ward.role = 'patient'`;

/** Whom somebody looks after, whether or not they may act for them now. */
export const childrenOf = (guardian: string, adult: string): string => `
  select tie.dependant_id as id from ${ties(adult)} where tie.guardian_id = ${guardian}`;

/** Somebody looks after them, whether or not anybody may act for them now. */
export const isLookedAfter = (patient: string, adult: string): string => `
  exists (select from ${ties(adult)} where tie.dependant_id = ${patient})`;

/** For whom somebody may act now. */
export const dependantsOf = (guardian: string, adult: string): string => `
  select tie.dependant_id as id from ${tiesThatHold(adult)} where tie.guardian_id = ${guardian}`;

/** Somebody and those for whom they may act now. */
export const familyOf = (person: string, adult: string): string => `
  select ${person}::integer as id union all ${dependantsOf(person, adult)}`;

/** Who may act for somebody now. */
export const guardiansOf = (patient: string, adult: string): string => `
  select tie.guardian_id as id from ${tiesThatHold(adult)} where tie.dependant_id = ${patient}`;

/** Something tells them: a sign-in with its inbox, or a phone that the desk made sure of. @param user a row of `users` */
export const isReached = (user: string) =>
  `(${user}.username not like '~%' or ${user}.phone_reached_at is not null)`;

/**
 * Who is told of a patient's visits: themself, and all who look after them. Where these are told, a patient whom nothing
 * reaches is not.
 */
export const readersOf = (patient: string, adult: string): string => `
  select self.id from users self
  where self.id = ${patient} and (${isReached('self')} or not exists (${guardiansOf(patient, adult)}))
  union all ${guardiansOf(patient, adult)}`;
