export { appointmentStatus, appointmentStatuses, appointments } from './appointments.ts';
export { auditEntries } from './audit.ts';
export {
  linkPurpose,
  messageChannel,
  messageChannels,
  messageStatus,
  messageStatuses,
  messages,
  notificationPreferences,
  notifications,
  oneUseLinks,
  telegramChats,
} from './messages.ts';
export { codePurpose, codes, loginThrottles, refreshTokens, sessions } from './sessions.ts';
export { timeslots } from './timeslots.ts';
export {
  consentDocument,
  consents,
  doctorProfiles,
  gender,
  locale,
  patientProfiles,
  userRole,
  users,
} from './users.ts';
