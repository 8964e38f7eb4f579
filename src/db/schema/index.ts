export { appointmentStatus, appointmentStatuses, appointments } from './appointments.ts';
export { refreshTokens, sessions } from './sessions.ts';
export { timeslots } from './timeslots.ts';
export { doctorProfiles, gender, locale, patientProfiles, userRole, users } from './users.ts';
