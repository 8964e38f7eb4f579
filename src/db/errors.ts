import { AppError, type ErrorCode } from '../core/errors.ts';
import { databaseError, isEnded } from './client.ts';
import { isOfDatabase } from './connection.ts';

/** What it means to a client that a named constraint refused a change. */
const constraintErrors: Partial<Record<string, ErrorCode>> = {
  users_username_key: 'username_taken',
  // Whoever has no sign-in gets no other role and no user name without a password.
  users_active_has_password: 'invalid_input',
  users_verified_phone_key: 'phone_taken',
  users_verified_email_key: 'email_taken',
  timeslots_no_overlap: 'slot_overlap',
  timeslots_doctor_id_doctor_profiles_id_fk: 'doctor_not_found',
  appointments_one_active_per_slot: 'slot_taken',
  appointments_patient_no_overlap: 'patient_busy',
  appointments_not_with_oneself: 'not_with_oneself',
  appointments_active_has_slot: 'slot_booked',
  appointments_status_moves: 'already_decided',
  appointments_doctor_works: 'timeslot_not_found',
  appointments_move_whole: 'not_same_doctor',
  appointments_attendance_of_confirmed: 'already_attended',
  timeslots_not_in_absence: 'doctor_absent',
  timeslots_not_on_holiday: 'clinic_closed',
  timeslots_branch_id_branches_id_fk: 'branch_not_found',
  timeslots_room_id_rooms_id_fk: 'room_not_found',
  timeslots_room_of_branch: 'room_not_found',
  timeslots_branch_is_open: 'branch_closed',
  timeslots_room_is_open: 'room_closed',
  room_uses_no_overlap: 'room_taken',
  weekly_hours_branch_id_branches_id_fk: 'branch_not_found',
  weekly_hours_room_id_rooms_id_fk: 'room_not_found',
  holidays_branch_id_branches_id_fk: 'branch_not_found',
  rooms_branch_id_branches_id_fk: 'branch_not_found',
  branches_name_key: 'name_taken',
  specialization_names_pkey: 'name_taken',
  rooms_name_key: 'name_taken',
  branches_in_use: 'branch_in_use',
  weekly_hours_no_overlap: 'schedule_overlap',
  holidays_date_key: 'holiday_exists',
  absences_no_overlap: 'absence_overlap',
  receptionist_branches_branch_id_branches_id_fk: 'branch_not_found',
  appointments_timeslot_id_timeslots_id_fk: 'timeslot_not_found',
  appointments_service_id_services_id_fk: 'service_in_use',
  webhook_deliveries_endpoint_id_webhook_endpoints_id_fk: 'webhook_not_found',
  doctor_services_service_id_services_id_fk: 'service_in_use',
  waitlist_entries_service_id_services_id_fk: 'service_in_use',
};

/**
 * Classes and codes that say "not now": connection, sign-in, resources, going down, not migrated yet, too slow,
 * a transaction that stood still for too long.
 */
const AWAY = /^(08|28|3D000|42703|42P01|25006|25P0[34]|53|55000|57014|57P)/;
/** Somebody else has kept a row, or whatever else it was, locked for longer than anybody waits. */
const LOCK_NOT_AVAILABLE = '55P03';
const AWAY_NETWORK =
  /EMFILE|ENFILE|ECONN|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN/;
const AWAY_DRIVER = /timeout|Connection terminated|connection error|not queryable|pool after calling end/i;

/**
 * @returns what a failed statement means to a client: a refusal by a named constraint, a database that is away, or
 * undefined for a fault of ours
 */
export function asAppError(error: unknown): AppError | undefined {
  const refused = databaseError(error);
  if (refused) {
    const code = constraintErrors[refused.constraint ?? ''];
    if (code) return new AppError(code, { cause: error });
    // Class 22, a value the database cannot take, is a hole in our validation; still it is the client's value.
    if (refused.code?.startsWith('22')) return new AppError('invalid_input', { cause: error });
    if (refused.code === LOCK_NOT_AVAILABLE || isEnded(error))
      return new AppError('record_busy', { retryAfter: 2, cause: error });
    if (AWAY.test(refused.code ?? '')) return away(error);
    return undefined;
  }
  // A client that hangs up in the middle of a body is a network error too, and no outage of the database.
  return isOfDatabase(error) && isAway(error) ? away(error) : undefined;
}

/** The same may well succeed later: the database is away, or it ended what was in nobody's way the next time. */
export const isPassing = (error: unknown): boolean =>
  isEnded(error) || asAppError(error)?.code === 'database_unavailable';

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  const code = 'code' in error ? String(error.code) : '';
  return AWAY_NETWORK.test(code) || AWAY_DRIVER.test(error.message) || isAway(error.cause);
}

function away(cause: unknown): AppError {
  return new AppError('database_unavailable', { retryAfter: 2, cause });
}

/** What of an error may be logged: never a database error's own text or parameters, which hold people's data. */
export function loggable(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const refused = databaseError(error);
  const stack = error.stack?.split('\n').filter((line) => line.startsWith('    at '));
  if (refused) {
    const { code: sqlstate, constraint, table, column, routine } = refused;
    return { type: 'DatabaseError', sqlstate, constraint, table, column, routine, stack };
  }
  if (isAway(error)) return { type: 'Unreachable', code: networkCode(error) };
  const { name: type, message } = error;
  return { type, message: 'query' in error ? undefined : message, stack };
}

/** Such as ECONNREFUSED, from wherever in the chain of causes it stands. */
function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof AggregateError && error.errors[0] !== undefined) return networkCode(error.errors[0]);
  if ('code' in error) return String(error.code);
  return error.cause === undefined ? 'timeout' : networkCode(error.cause);
}
