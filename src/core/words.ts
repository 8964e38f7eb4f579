/** The values that a column, a field and a type have in common: each list stands here, and nowhere else. */

export const locales = ['uz', 'ru', 'en'] as const;
export type Locale = (typeof locales)[number];

export const genders = ['female', 'male', 'other'] as const;

/** An appointment that holds its slot. */
export const activeStatuses = ['pending', 'confirmed'] as const;
export type ActiveStatus = (typeof activeStatuses)[number];

export const appointmentStatuses = [...activeStatuses, 'cancelled', 'expired'] as const;
export type AppointmentStatus = (typeof appointmentStatuses)[number];

export const attendances = ['arrived', 'completed', 'no_show'] as const;
export type Attendance = (typeof attendances)[number];

export const lateCancellations = ['record', 'refuse'] as const;
export type LateCancellation = (typeof lateCancellations)[number];

export const waitlistStatuses = ['waiting', 'offered', 'booked', 'left'] as const;
export type WaitlistStatus = (typeof waitlistStatuses)[number];

export const offerOutcomes = ['accepted', 'declined', 'lapsed', 'withdrawn'] as const;

/** The ways by which messages leave the house. The inbox in the app is no channel: it is always there. */
export const channels = ['email', 'sms', 'telegram'] as const;
export type Channel = (typeof channels)[number];

/** What happened to an appointment after it was booked. */
export const appointmentEventKinds = [
  'confirmed',
  'cancelled',
  'expired',
  'moved',
  'arrived',
  'completed',
  'no_show',
  'mark_taken_back',
  'doctor_changed',
  'patient_changed',
] as const;

export const messageStatuses = ['queued', 'sending', 'sent', 'failed', 'dropped'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/** What becomes of an event on its way to another system. */
export const webhookDeliveryStatuses = ['pending', 'delivered', 'failed', 'discarded'] as const;
/** Why an endpoint is off that nobody switched off. */
export const webhookOffReasons = ['gone', 'failing'] as const;

export const codePurposes = [
  'verify_phone',
  'verify_email',
  'reset_password',
  // Whoever asks for something proves that they still have the phone, the email.
  'prove_phone',
  'prove_email',
  // Somebody at the desk reads out the code that the patient's phone was sent.
  'reach_phone',
  // The owner of a record that the desk or a guardian made gets a sign-in of their own.
  'claim_record',
] as const;
export type CodePurpose = (typeof codePurposes)[number];

export const linkPurposes = ['telegram', 'confirm_visit', 'cancel_visit'] as const;

/** What a calendar to subscribe to shows: a patient's visits with those of their family; a doctor's visits. */
export const feedPurposes = ['visits', 'day'] as const;
export type FeedPurpose = (typeof feedPurposes)[number];

export const consentDocuments = ['terms', 'privacy'] as const;

/** What a guardian is to the person whom they book for. */
export const relationships = ['parent', 'grandparent', 'sibling', 'guardian', 'other'] as const;
