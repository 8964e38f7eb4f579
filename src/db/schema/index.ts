export { apiKeys } from './api-keys.ts';
export {
  appointmentEventKind,
  appointmentEvents,
  appointmentStatus,
  appointments,
  attendance,
  roomUses,
} from './appointments.ts';
export { auditEntries } from './audit.ts';
export { calendarEpochs, calendarFeeds, feedPurpose } from './calendars.ts';
export { branches, doctorServices, receptionistBranches, rooms, services } from './clinic.ts';
export { eventEpochs, eventReaders, events, eventTroubles, eventType } from './events.ts';
export { idempotencyKeys } from './idempotency.ts';
export { identities, signInStarts, spentIdTokens } from './identities.ts';
export {
  linkPurpose,
  messageChannel,
  messageStatus,
  messages,
  notificationPreferences,
  notifications,
  oneUseLinks,
  telegramChats,
} from './messages.ts';
export { passkeyChallenges, passkeys } from './passkeys.ts';
export {
  absences,
  closedTimeslots,
  holidays,
  jobRuns,
  weeklyHours,
  withdrawnTimeslots,
} from './schedules.ts';
export {
  codePurpose,
  codes,
  contactChanges,
  loginThrottles,
  refreshTokens,
  sessions,
  tokenAlgorithms,
} from './sessions.ts';
export { clinicSettings, lateCancellation } from './settings.ts';
export { specializationNames, specializations } from './specializations.ts';
export { streamTickets } from './streams.ts';
export { timeslots } from './timeslots.ts';
export { recoveryCodes, signInTickets, twoStep } from './two-step.ts';
export {
  consentDocument,
  consents,
  doctorProfiles,
  gender,
  guardianInvitations,
  guardianships,
  locale,
  patientProfiles,
  relationship,
  userRole,
  users,
} from './users.ts';
export { offerOutcome, waitlistEntries, waitlistOffers, waitlistStatus } from './waitlist.ts';
export {
  webhookDeliveries,
  webhookDeliveryStatus,
  webhookEndpoints,
  webhookOffReason,
} from './webhooks.ts';
