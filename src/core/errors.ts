/**
 * Every error the API can answer with, and its HTTP status. The code is a promise to clients: it is never
 * renamed. Its texts stand in i18n/, whose types prove that none is missing in any language.
 */
export const errorStatus = {
  invalid_input: 400,
  unknown_field: 400,
  malformed_request: 400,
  slot_in_past: 400,
  host_not_allowed: 400,
  invalid_code: 400,
  image_unreadable: 400,
  image_too_large: 400,
  url_not_allowed: 400,
  invalid_state: 400,
  invalid_identity: 400,
  invalid_passkey: 400,
  authentication_required: 401,
  invalid_token: 401,
  token_expired: 401,
  session_ended: 401,
  invalid_credentials: 401,
  invalid_refresh_token: 401,
  second_step_required: 401,
  invalid_ticket: 401,
  forbidden: 403,
  insufficient_scope: 403,
  account_inactive: 403,
  sign_in_again: 403,
  route_not_found: 404,
  session_not_found: 404,
  provider_not_found: 404,
  identity_not_found: 404,
  passkey_not_found: 404,
  user_not_found: 404,
  doctor_not_found: 404,
  photo_not_found: 404,
  patient_not_found: 404,
  timeslot_not_found: 404,
  appointment_not_found: 404,
  holiday_not_found: 404,
  absence_not_found: 404,
  branch_not_found: 404,
  api_key_not_found: 404,
  specialization_not_found: 404,
  room_not_found: 404,
  waitlist_entry_not_found: 404,
  service_not_found: 404,
  notification_not_found: 404,
  message_not_found: 404,
  feed_not_found: 404,
  webhook_not_found: 404,
  delivery_not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  username_taken: 409,
  phone_taken: 409,
  email_taken: 409,
  patient_may_exist: 409,
  visits_overlap: 409,
  not_a_dependant: 409,
  already_verified: 409,
  account_exists: 409,
  identity_taken: 409,
  provider_linked: 409,
  last_way_in: 409,
  too_many_passkeys: 409,
  passkeys_not_offered: 409,
  not_verified: 409,
  two_step_on: 409,
  two_step_off: 409,
  last_admin: 409,
  role_in_use: 409,
  has_upcoming: 409,
  not_a_doctor: 409,
  name_taken: 409,
  branch_in_use: 409,
  room_in_use: 409,
  branch_closed: 409,
  room_closed: 409,
  slot_overlap: 409,
  room_taken: 409,
  slot_booked: 409,
  slot_taken: 409,
  already_yours: 409,
  patient_busy: 409,
  not_with_oneself: 409,
  not_oneself: 409,
  already_decided: 409,
  visit_begun: 409,
  too_late_to_cancel: 409,
  not_confirmed: 409,
  visit_ahead: 409,
  attendance_final: 409,
  already_attended: 409,
  slot_held: 409,
  held_recently: 409,
  clinic_closed: 409,
  doctor_absent: 409,
  schedule_overlap: 409,
  holiday_exists: 409,
  absence_overlap: 409,
  too_soon: 409,
  too_far_ahead: 409,
  too_many_appointments: 409,
  not_same_doctor: 409,
  service_not_given: 409,
  service_in_use: 409,
  not_for_this_patient: 409,
  not_enough_time: 409,
  no_room_free: 409,
  request_in_progress: 409,
  already_waiting: 409,
  too_many_waitlist_entries: 409,
  too_many_dependants: 409,
  too_many_guardians: 409,
  dependant_has_visits: 409,
  offer_lapsed: 409,
  message_not_failed: 409,
  too_many_feeds: 409,
  too_many_webhooks: 409,
  webhook_off: 409,
  channel_not_offered: 409,
  too_old: 410,
  version_mismatch: 412,
  payload_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  headers_too_large: 431,
  too_many_requests: 429,
  too_many_streams: 429,
  internal_error: 500,
  overloaded: 503,
  database_unavailable: 503,
  record_busy: 503,
  provider_unavailable: 503,
  data_keys_missing: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Refusals of a slot where another would do: they carry `alternatives`. */
export const errorsWithAlternatives: readonly ErrorCode[] = [
  'slot_taken',
  'slot_held',
  'patient_busy',
  'not_enough_time',
  'no_room_free',
];

/** What can be wrong with one field of a request. */
export const fieldErrorCodes = [
  'required',
  'unknown_field',
  'invalid_type',
  'invalid_choice',
  'invalid_format',
  'not_listed',
  'invalid_characters',
  'invalid_date',
  'invalid_time',
  'invalid_email',
  'invalid_phone',
  'invalid_username',
  'too_short',
  'too_long',
  'too_small',
  'too_big',
  'too_many_words',
  'password_length',
  'password_is_username',
  'password_common',
  'wrong_password',
  'proof_required',
  'end_before_start',
  'slot_length',
  'range_reversed',
  'date_or_range',
  'doctor_or_specialization',
  'service_required',
  'repeated',
  'in_past',
  'no_slot_fits',
  'too_many_slots',
  'hours_overlap',
  'range_too_long',
  'birth_in_future',
  'not_a_child',
  'needed_by_guardians',
  'not_for_role',
  'consent_required',
  'reason_without_cancel',
  'upcoming_without_leaving',
  'nothing_to_change',
  'three_letters',
  'same_person',
  'unknown_specialization',
  'invalid_etag',
  'invalid_cursor',
  'stands_alone',
] as const;

export type FieldErrorCode = (typeof fieldErrorCodes)[number];

/** One wrong field. `path` is dotted, as in `profile.gender`, and empty for the body as a whole. */
export interface FieldError {
  path: string;
  code: FieldErrorCode;
  params?: Record<string, string | number>;
  /** For a field that is unknown, the path of the one that was probably meant. */
  suggestion?: string;
}

/** What has to be shown beside the password. */
interface SecondStep {
  /** With which it is shown, or set up. */
  ticket: string;
  /** `code`: of the app, or a recovery code; `enrol`: it has to be set up first. */
  next: 'code' | 'enrol';
  /** Seconds for which the ticket serves. */
  expires_in: number;
}

/** The one class of errors that reach a client; http/problem renders it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly fields: readonly FieldError[];
  readonly retryAfter: number | undefined;
  readonly alternatives: readonly object[] | undefined;
  readonly count: number | undefined;
  readonly appointment: object | undefined;
  readonly room: number | null | undefined;
  readonly candidates: readonly object[] | undefined;
  readonly merged_into: number | undefined;
  readonly second_step: SecondStep | undefined;
  readonly not_theirs: boolean;

  /**
   * @param options.retryAfter seconds after which the same request may succeed
   * @param options.alternatives slots that can be had instead of the one that was refused, as answers show them
   * @param options.count how many there are of what forbids it
   * @param options.appointment the visit by which somebody has already what they ask for
   * @param options.room the room that can be had instead of the one that is in use; null where there is none
   * @param options.candidates the patients of whom one may be who is registered
   * @param options.merged_into the record that has taken over what hung on the one that was asked for
   * @param options.second_step what is to be shown yet, and what with
   * @param options.not_theirs it was asked for by its number, and is not the caller's, whether there is one or not
   */
  constructor(
    code: ErrorCode,
    options: {
      fields?: readonly FieldError[];
      retryAfter?: number;
      alternatives?: readonly object[];
      count?: number;
      appointment?: object;
      room?: number | null;
      candidates?: readonly object[];
      merged_into?: number | undefined;
      second_step?: SecondStep;
      not_theirs?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(code, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = errorStatus[code];
    this.fields = options.fields ?? [];
    this.retryAfter = options.retryAfter;
    this.alternatives = options.alternatives;
    this.count = options.count;
    this.appointment = options.appointment;
    this.room = options.room;
    this.candidates = options.candidates;
    this.merged_into = options.merged_into;
    this.second_step = options.second_step;
    this.not_theirs = options.not_theirs ?? false;
  }
}

/** A 400 that names one wrong field, for rules a schema cannot see. */
export function invalidField(path: string, code: FieldErrorCode): AppError {
  return new AppError('invalid_input', { fields: [{ path, code }] });
}

/** What somebody is answered among several who are answered together. @throws AppError where they are refused */
export function orThrow<Answer>(answer: Answer | AppError): Answer {
  if (answer instanceof AppError) throw answer;
  return answer;
}
