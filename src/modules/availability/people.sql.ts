/** Who can have a visit, and with whom, as SQL. Each condition is told the names of the rows that it asks. */

/** They work here as a doctor, let in yet or not. @param user a row of `users` */
export const isDoctorHere = (user: string): string => `${user}.role = 'doctor' and ${user}.is_active`;

/** An admin has let them in. @param profile a row of `doctor_profiles` */
export const isLetIn = (profile: string): string => `${profile}.approved_at is not null`;

/** The doctor stands in the directory, and patients can book them. */
export const isBookable = (user: string, profile: string): string =>
  `${isDoctorHere(user)} and ${isLetIn(profile)}`;

/** They are a patient who can book. @param user a row of `users` */
export const isPatientHere = (user: string): string => `${user}.role = 'patient' and ${user}.is_active`;
