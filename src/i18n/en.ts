import type { ErrorCode, FieldErrorCode } from '../core/errors.ts';

/** What every language must say. `{name}` stands for a parameter of the error. */
export interface Texts {
  errors: Record<ErrorCode, { title: string; detail: string }>;
  fields: Record<FieldErrorCode, string>;
  /** What `invalid_type` expects, by zod’s names. */
  types: Record<'int' | 'number' | 'string' | 'boolean' | 'array' | 'object' | 'record', string>;
  /** Stands after a field's text; `{name}` is the field that was probably meant. */
  did_you_mean: string;
}

export const en: Texts = {
  errors: {
    invalid_input: {
      title: 'Invalid input',
      detail: 'Some of what was sent cannot be used; `errors` names each field.',
    },
    unknown_field: {
      title: 'Unknown field',
      detail:
        'The request names fields or parameters that do not exist here; `errors` names each. Nothing was done.',
    },
    malformed_request: {
      title: 'Malformed request',
      detail: 'The request cannot be read: its body must be JSON in UTF-8, its address well encoded.',
    },
    slot_in_past: { title: 'Slot in the past', detail: 'The start of this slot has already passed.' },
    host_not_allowed: {
      title: 'Unknown host',
      detail: 'This service does not answer to the name in the `Host` header.',
    },
    invalid_code: {
      title: 'Wrong code',
      detail: 'The code is wrong, has expired or was tried too often. Ask for a new one.',
    },
    authentication_required: {
      title: 'Sign-in required',
      detail: 'Send an access token: `Authorization: Bearer <access>`.',
    },
    invalid_token: { title: 'Invalid token', detail: 'This access token is not valid. Sign in again.' },
    token_expired: {
      title: 'Token expired',
      detail: 'This access token has expired. Refresh it or sign in again.',
    },
    session_ended: { title: 'Session ended', detail: 'This session is over. Sign in again.' },
    invalid_credentials: { title: 'Wrong credentials', detail: 'The user name or the password is wrong.' },
    invalid_refresh_token: {
      title: 'Invalid refresh token',
      detail: 'This refresh token is unknown, expired or already used. Sign in again.',
    },
    second_step_required: {
      title: 'Second step required',
      detail: 'The password is right. Show the second step, or set it up where there is none yet.',
    },
    invalid_ticket: {
      title: 'Sign-in expired',
      detail: 'This sign-in has expired or was finished. Begin it again.',
    },
    forbidden: { title: 'Not allowed', detail: 'Your role may not do this, or the record is not yours.' },
    account_inactive: {
      title: 'Account deactivated',
      detail: 'This account is deactivated. Please ask the clinic.',
    },
    route_not_found: {
      title: 'No such address',
      detail: 'Nothing answers to this method and path. See /api/docs/.',
    },
    invalid_state: {
      title: 'Sign-in is over',
      detail: 'This sign-in is unknown, took too long or has been used already. Start it again.',
    },
    invalid_identity: {
      title: 'Not to be trusted',
      detail:
        'What the other service says of you cannot be trusted: it is too old, was used already, or is not meant for this clinic. Sign in again.',
    },
    invalid_passkey: {
      title: 'Passkey not accepted',
      detail:
        'This passkey does not serve here, was removed, or took too long. Try again, or sign in another way.',
    },
    sign_in_again: {
      title: 'Sign in once more',
      detail: 'This takes a sign-in within the last five minutes. Sign in once more, then repeat it.',
    },
    provider_not_found: {
      title: 'No such provider',
      detail: 'Nobody signs in here by a provider of this name.',
    },
    identity_not_found: { title: 'Not linked', detail: 'No such account elsewhere is linked to yours.' },
    passkey_not_found: { title: 'Passkey not found', detail: 'You have no such passkey.' },
    account_exists: {
      title: 'There is an account already',
      detail:
        'Your phone or email is confirmed in another account here. Sign in to that one, then link this.',
    },
    identity_taken: {
      title: 'Linked to another account',
      detail: 'This account elsewhere is linked to another account of the clinic.',
    },
    provider_linked: {
      title: 'Another one is linked',
      detail: 'Another account of the same provider is linked to yours: unlink it first.',
    },
    last_way_in: {
      title: 'The last way in',
      detail: 'Nothing else would let you in: set a password or link another account first.',
    },
    too_many_passkeys: {
      title: 'Too many passkeys',
      detail: 'You have as many passkeys as one may have. Remove one first.',
    },
    passkeys_not_offered: {
      title: 'No passkeys here',
      detail: 'This server takes no passkeys at its present address.',
    },
    session_not_found: { title: 'Session not found', detail: 'You have no such session.' },
    user_not_found: { title: 'User not found', detail: 'There is no such user.' },
    image_unreadable: {
      title: 'Picture cannot be read',
      detail: 'The picture is broken or incomplete. Send it again, or another one.',
    },
    image_too_large: {
      title: 'Picture too large',
      detail: 'The picture has more than 25 megapixels. Make it smaller first.',
    },
    photo_not_found: { title: 'Photo not found', detail: 'There is no such photo.' },
    doctor_not_found: { title: 'Doctor not found', detail: 'There is no such doctor.' },
    patient_not_found: { title: 'Patient not found', detail: 'There is no such patient.' },
    timeslot_not_found: { title: 'Slot not found', detail: 'There is no such slot.' },
    appointment_not_found: { title: 'Appointment not found', detail: 'There is no such appointment.' },
    holiday_not_found: { title: 'Holiday not found', detail: 'There is no such holiday.' },
    absence_not_found: { title: 'Absence not found', detail: 'There is no such absence.' },
    branch_not_found: { title: 'Branch not found', detail: 'There is no such branch.' },
    api_key_not_found: {
      title: 'API key not found',
      detail: 'There is no such API key.',
    },
    insufficient_scope: {
      title: 'Beyond the key’s scopes',
      detail: 'This API key may not do that: it lacks the scope, or no key may.',
    },
    specialization_not_found: {
      title: 'Specialization not found',
      detail: 'There is no such specialization in the clinic’s list.',
    },
    room_not_found: { title: 'Room not found', detail: 'There is no such room in that branch.' },
    service_not_found: {
      title: 'Service not found',
      detail: 'There is no such service, or it is no longer given.',
    },
    waitlist_entry_not_found: {
      title: 'Entry not found',
      detail: 'There is no such entry of the waiting list.',
    },
    notification_not_found: {
      title: 'Notification not found',
      detail: 'There is no such notification in your inbox.',
    },
    message_not_found: { title: 'Message not found', detail: 'There is no such message.' },
    feed_not_found: {
      title: 'Feed not found',
      detail: 'There is no such calendar feed, or its address was replaced.',
    },
    url_not_allowed: {
      title: 'Address not allowed',
      detail:
        'Events are sent by HTTPS and to public addresses only; this one is neither, or its name leads nowhere.',
    },
    webhook_not_found: { title: 'Endpoint not found', detail: 'There is no such endpoint.' },
    delivery_not_found: {
      title: 'Delivery not found',
      detail: 'There is no such delivery, or its endpoint is switched off.',
    },
    too_many_webhooks: {
      title: 'Too many endpoints',
      detail: 'There are as many endpoints as there may be; remove one first.',
    },
    webhook_off: {
      title: 'Endpoint switched off',
      detail: 'The endpoint is switched off: switch it on first.',
    },
    too_old: {
      title: 'Too long ago',
      detail: 'What happened so long ago is no longer kept; read everything anew.',
    },
    method_not_allowed: {
      title: 'Method not allowed',
      detail: 'This address does not take this method; `Allow` names those that it takes.',
    },
    not_acceptable: {
      title: 'Not acceptable',
      detail: 'The answer cannot be had in any of the forms that `Accept` names.',
    },
    request_timeout: {
      title: 'Request too slow',
      detail: 'The request did not arrive in time. Please repeat it.',
    },
    username_taken: { title: 'User name taken', detail: 'Somebody already has this user name.' },
    phone_taken: {
      title: 'Phone in use',
      detail: 'Another account has confirmed this phone number. If it is yours alone, please ask the clinic.',
    },
    email_taken: {
      title: 'Email in use',
      detail:
        'Another account has confirmed this email address. If it is yours alone, please ask the clinic.',
    },
    patient_may_exist: {
      title: 'Perhaps registered already',
      detail:
        'Somebody with this phone, or with this birthday and a like name, is registered: see `candidates`. `confirm_new: true` registers another person.',
    },
    visits_overlap: {
      title: 'Visits overlap',
      detail: 'Both records have an active visit at the same time. Cancel or move one of them first.',
    },
    not_a_dependant: {
      title: 'Not a child',
      detail: 'Guardians look after people under 18 whose birthday is known.',
    },
    already_verified: { title: 'Already confirmed', detail: 'This is confirmed already; no code is needed.' },
    not_verified: {
      title: 'Contact not confirmed',
      detail: 'No code can be sent there to prove anything: it is not confirmed yet.',
    },
    two_step_on: {
      title: 'Second step is set up',
      detail: 'A second step is set up already. Remove it first.',
    },
    two_step_off: { title: 'No second step', detail: 'No second step is set up. Begin with a new secret.' },
    last_admin: {
      title: 'Last administrator',
      detail: 'The last active administrator cannot be demoted, deactivated or deleted.',
    },
    role_in_use: {
      title: 'Role in use',
      detail:
        'This person has upcoming appointments in their present role. Cancel those first, or with `upcoming: cancel`.',
    },
    has_upcoming: {
      title: 'Upcoming appointments',
      detail:
        'There are upcoming appointments. Say with `upcoming` whether they are cancelled (`cancel`) or take place (`keep`).',
    },
    not_a_doctor: {
      title: 'Not a doctor',
      detail: 'Only a doctor can be approved; this user is not one.',
    },
    name_taken: { title: 'Name taken', detail: 'Another one has this name already.' },
    branch_in_use: {
      title: 'Branch in use',
      detail:
        'Something belongs to this branch: rooms, slots, weeks, holidays, visits or staff. It can be deactivated.',
    },
    room_in_use: {
      title: 'Room in use',
      detail: 'Slots, weeks or visits have this room. It can be deactivated.',
    },
    branch_closed: {
      title: 'Branch is closed',
      detail: 'Nothing is published in a branch that is not active.',
    },
    room_closed: { title: 'Room is closed', detail: 'Nothing is published in a room that is not active.' },
    slot_overlap: { title: 'Slots overlap', detail: 'The doctor already has a slot at this time.' },
    room_taken: {
      title: 'Room taken',
      detail:
        'Somebody else uses the room at that time; `room` names another of its kind that is free, if there is one.',
    },
    slot_booked: {
      title: 'Slot is booked',
      detail: 'A booked slot cannot be deleted. Cancel its appointment first.',
    },
    slot_taken: { title: 'Slot taken', detail: 'Somebody has just booked this slot. Please choose another.' },
    already_yours: {
      title: 'Already yours',
      detail:
        'You already have this slot, or the patient for whom you book has it; `appointment` names the visit.',
    },
    patient_busy: {
      title: 'Patient is busy',
      detail: 'The patient already has an appointment that overlaps this time.',
    },
    not_oneself: {
      title: 'Your own account',
      detail: 'Your own account is erased at `DELETE /api/auth/me/`, with your password.',
    },
    not_with_oneself: {
      title: 'Own slot',
      detail: 'You can’t book a slot that is your own.',
    },
    already_decided: {
      title: 'Already decided',
      detail: 'The appointment’s present status does not allow this change.',
    },
    visit_begun: { title: 'Visit has begun', detail: 'A visit that has begun can no longer be cancelled.' },
    too_late_to_cancel: {
      title: 'Too late to cancel',
      detail: 'The clinic’s deadline for cancelling has passed. Please call the clinic.',
    },
    not_confirmed: {
      title: 'Not confirmed',
      detail: 'Only a confirmed appointment can be marked as attended or missed.',
    },
    visit_ahead: { title: 'Visit lies ahead', detail: 'A visit can be marked from its day on, not earlier.' },
    attendance_final: {
      title: 'Mark is final',
      detail: 'A mark can be changed or taken back only on the day on which it was made.',
    },
    already_attended: {
      title: 'Visit is marked',
      detail: 'The visit is marked as attended or missed, so it can no longer be cancelled or moved.',
    },
    slot_held: {
      title: 'Slot is on hold',
      detail: 'Somebody is about to book this slot. Choose another, or try again shortly.',
    },
    held_recently: {
      title: 'Held a moment ago',
      detail:
        'You have just held this slot. Book it now, or let others have a turn for a few minutes before you hold it again.',
    },
    clinic_closed: { title: 'Clinic is closed', detail: 'The clinic is closed on that day.' },
    too_soon: { title: 'Too short notice', detail: 'This slot begins too soon to be booked.' },
    too_far_ahead: {
      title: 'Too far ahead',
      detail: 'The clinic does not take bookings that far ahead yet.',
    },
    too_many_appointments: {
      title: 'Too many appointments',
      detail:
        'You have as many appointments ahead as the clinic allows. Cancel one, or wait until one is over.',
    },
    service_not_given: {
      title: 'Service not given',
      detail: 'The doctor of this slot does not give this service.',
    },
    service_in_use: {
      title: 'Service in use',
      detail: 'A visit, a waiting-list entry or a doctor refers to this service. Deactivate it instead.',
    },
    not_for_this_patient: {
      title: 'Not for this patient',
      detail:
        'The service is for another age on that day, or for others than this patient: for first visits only, or for those who have been here before.',
    },
    not_enough_time: {
      title: 'Not enough time',
      detail: 'The service is longer than the time that is free from this slot on.',
    },
    no_room_free: { title: 'No room free', detail: 'No room that the service needs is free at this time.' },
    not_same_doctor: {
      title: 'Another doctor’s slot',
      detail:
        'An appointment moves to another slot of the same doctor. For another doctor, cancel it and book anew.',
    },
    request_in_progress: {
      title: 'Still being done',
      detail:
        'The same request, with the same `Idempotency-Key`, is being carried out. Ask again in a moment.',
    },
    doctor_absent: { title: 'Doctor is away', detail: 'The doctor is absent at that time.' },
    schedule_overlap: {
      title: 'Hours overlap',
      detail: 'Somebody has just written hours of this week that overlap these. Please look and try again.',
    },
    holiday_exists: { title: 'Already a holiday', detail: 'This day is a holiday already.' },
    absence_overlap: {
      title: 'Absences overlap',
      detail: 'The doctor already has an absence at that time.',
    },
    already_waiting: {
      title: 'Already waiting',
      detail: 'The patient already waits for exactly this.',
    },
    too_many_waitlist_entries: {
      title: 'Too many entries',
      detail: 'A patient can wait with at most 10 entries at a time. Leave one first.',
    },
    too_many_dependants: {
      title: 'Too many dependants',
      detail: 'One account can look after at most 10 people at a time.',
    },
    too_many_guardians: {
      title: 'Too many guardians',
      detail: 'At most 10 people can look after somebody at a time.',
    },
    dependant_has_visits: {
      title: 'Visits ahead',
      detail:
        'Nobody else looks after this person, and they have visits that are still to come. Cancel those first, or invite another guardian.',
    },
    offer_lapsed: {
      title: 'Offer is over',
      detail: 'Nothing is offered now: the offer has lapsed, or was answered already.',
    },
    message_not_failed: {
      title: 'Nothing to repeat',
      detail: 'Only a failed message can be sent again.',
    },
    too_many_feeds: {
      title: 'Too many feeds',
      detail: 'You have as many calendar feeds as one may have; delete one first.',
    },
    channel_not_offered: {
      title: 'Channel not available',
      detail: 'This clinic does not send messages this way.',
    },
    version_mismatch: {
      title: 'Changed meanwhile',
      detail: 'The record has changed since you saw it. Read it again, then decide.',
    },
    payload_too_large: { title: 'Body too large', detail: 'The body of the request is larger than allowed.' },
    uri_too_long: { title: 'Address too long', detail: 'The address of the request is longer than allowed.' },
    unsupported_media_type: {
      title: 'Unsupported media type',
      detail: 'Send the body as `Content-Type: application/json`, a picture as JPEG, PNG or WebP.',
    },
    idempotency_key_reused: {
      title: 'Key already used',
      detail:
        'This `Idempotency-Key` came with another request before. Send each new request with a new key.',
    },
    headers_too_large: {
      title: 'Headers too large',
      detail: 'The headers of the request are larger than allowed.',
    },
    too_many_requests: { title: 'Too many requests', detail: 'Please wait a little and try again.' },
    too_many_streams: {
      title: 'Too many live updates',
      detail: 'You have as many live updates open as one may have. Close one, or try again in a moment.',
    },
    internal_error: {
      title: 'Internal error',
      detail: 'Something went wrong on our side. It has been noted.',
    },
    overloaded: {
      title: 'Too busy',
      detail: 'More requests come in just now than can be answered. Please repeat the request shortly.',
    },
    database_unavailable: {
      title: 'Temporarily unavailable',
      detail: 'The service cannot reach its database just now. Please repeat the request shortly.',
    },
    record_busy: {
      title: 'In use just now',
      detail:
        'Somebody else is changing the same record and has not finished. Please repeat the request shortly.',
    },
    provider_unavailable: {
      title: 'Service away',
      detail: 'A service that this needs does not answer just now. Please repeat the request shortly.',
    },
    data_keys_missing: {
      title: 'Encryption key missing',
      detail: 'The clinic’s server has no key for what this keeps encrypted. Its operator sets `DATA_KEYS`.',
    },
  },
  did_you_mean: 'Did you mean `{name}`?',
  types: {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: '`true` or `false`',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  },
  fields: {
    required: 'This field is required.',
    unknown_field: 'There is no such field or parameter here.',
    invalid_type: 'Expected {expected}.',
    invalid_choice: 'Must be one of: {values}.',
    not_listed: 'Is not on the clinic’s list.',
    invalid_format: 'The format is not right.',
    invalid_characters: 'Contains characters that are not allowed.',
    invalid_date: 'Must be a date of the calendar, YYYY-MM-DD.',
    invalid_time: 'Must be a time HH:MM in whole minutes, from 00:00 to 24:00.',
    invalid_email: 'Must be an email address.',
    invalid_phone: 'There is no such phone number; write it like +998 90 123 45 67.',
    invalid_username:
      'Use 3 to 50 Latin letters, digits, dots, dashes or underscores, beginning with a letter.',
    too_short: 'Must have at least {minimum} characters.',
    too_long: 'Must have at most {maximum} characters.',
    too_small: 'Must be at least {minimum}.',
    too_big: 'Must be at most {maximum}.',
    too_many_words: 'Search for at most 6 words.',
    password_length: 'Must be 10 to 72 bytes long.',
    password_is_username: 'Must not be the user name.',
    password_common: 'Is one of the commonest passwords, which are tried first. Choose another.',
    wrong_password: 'Is not the password of this account.',
    proof_required: 'Takes the password, or `proof_code`, sent to the contact that is confirmed so far.',
    end_before_start: 'Must be later than the start time.',
    slot_length: 'A slot lasts from 5 minutes to 12 hours.',
    range_reversed: 'Must not be less than where it begins.',
    range_too_long: 'The range is too long; it may span at most {days} days.',
    service_required: 'The doctor gives services: name the one to book.',
    repeated: 'Each may stand here only once.',
    doctor_or_specialization: 'Name either a doctor or a specialization, and not both.',
    date_or_range: 'Give either `date`, or `from` and `to`.',
    in_past: 'Must not lie in the past.',
    no_slot_fits: 'No slot of this length fits between these times.',
    too_many_slots: 'One call opens at most {maximum} slots; these would be more.',
    hours_overlap: 'Overlaps `{other}`, which is valid on the same days.',
    birth_in_future: 'Must not be in the future.',
    not_a_child: 'They must be under 18. Adults have an account of their own.',
    needed_by_guardians: 'Cannot be emptied: others look after them until their 18th birthday.',
    not_for_role: 'Does not belong to this person’s role.',
    consent_required: 'Must be true: without accepting the terms nobody can register.',
    reason_without_cancel: 'A reason goes only with a cancellation.',
    upcoming_without_leaving: 'Goes only with `is_active: false` or a new role.',
    three_letters: 'Needs three letters of a name, unless a phone or a birthday is given.',
    unknown_specialization: 'Is not in the clinic’s list of specializations.',
    same_person: 'Must be another record.',
    nothing_to_change: 'Name at least one field to change.',
    invalid_etag: 'Must be entity tags in quotes, such as "3", or *.',
    invalid_cursor: 'Must be empty or as `next` has it, and stands alone, without `page`.',
    stands_alone: 'Must stand alone, with `page_size` and `cursor` only.',
  },
};
