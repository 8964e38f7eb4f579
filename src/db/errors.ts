import { AppError, type ErrorCode } from '../core/errors.ts';
import { databaseError } from './client.ts';

/** What it means to a client that a named constraint refused a change. */
const constraintErrors: Partial<Record<string, ErrorCode>> = {
  users_username_key: 'username_taken',
  timeslots_no_overlap: 'slot_overlap',
  timeslots_doctor_id_doctor_profiles_id_fk: 'doctor_not_found',
  appointments_one_active_per_slot: 'slot_taken',
  appointments_patient_no_overlap: 'patient_busy',
  appointments_not_with_oneself: 'not_with_oneself',
  appointments_active_has_slot: 'slot_booked',
  appointments_status_moves: 'already_decided',
  appointments_timeslot_id_timeslots_id_fk: 'timeslot_not_found',
};

/** Classes and codes that say "not now": connection, resources, shutting down, starting, not migrated yet, too slow. */
const AWAY = /^(08|53|57P|42P01|42703|3D000|28|57014|25006)/;
const AWAY_NETWORK = /ECONN|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN/;
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
    if (AWAY.test(refused.code ?? '')) return away(error);
    return undefined;
  }
  return isAway(error) ? away(error) : undefined;
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  const code = 'code' in error ? String(error.code) : '';
  return AWAY_NETWORK.test(code) || AWAY_DRIVER.test(error.message) || isAway(error.cause);
}

function away(cause: unknown): AppError {
  return new AppError('database_unavailable', { retryAfter: 2, cause });
}

/** What of a database error may be logged: never its message or parameters, which hold people's data. */
export function loggable(error: unknown): Record<string, unknown> {
  const refused = databaseError(error);
  if (refused)
    return {
      type: 'DatabaseError',
      sqlstate: refused.code,
      constraint: refused.constraint,
      table: refused.table,
    };
  if (!(error instanceof Error)) return { type: typeof error };
  const isQuery = error.name === 'DrizzleQueryError' || 'query' in error;
  return {
    type: error.name,
    code: 'code' in error ? error.code : undefined,
    message: isQuery ? undefined : error.message,
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
    cause: error.cause === undefined ? undefined : loggable(error.cause),
  };
}
