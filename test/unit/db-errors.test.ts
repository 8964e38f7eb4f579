import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { noteOrigin } from '../../src/db/connection.ts';
import { asAppError, loggable } from '../../src/db/errors.ts';

/** An error as the server sends it, wrapped as drizzle wraps it: with the statement and its parameters. */
function refused(code: string, constraint?: string): Error {
  const error = new pg.DatabaseError('Failing row contains (Feruza)', 1, 'error');
  Object.assign(error, {
    code,
    constraint,
    detail: 'Feruza',
    hint: 'Feruza',
    table: 'users',
    severity: 'ERROR',
  });
  return Object.assign(new Error('Failed query: select $1 params: Feruza', { cause: error }), {
    query: 'select $1',
    params: ['Feruza'],
  });
}
const network = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:5432`), { code });

describe('asAppError', () => {
  test.each([
    ['23505', 'users_username_key', 'username_taken'],
    ['23P01', 'timeslots_no_overlap', 'slot_overlap'],
    ['23505', 'appointments_one_active_per_slot', 'slot_taken'],
    ['23P01', 'appointments_patient_no_overlap', 'patient_busy'],
    ['23514', 'appointments_active_has_slot', 'slot_booked'],
    ['23514', 'appointments_status_moves', 'already_decided'],
    ['23514', 'appointments_attendance_of_confirmed', 'already_attended'],
    ['23514', 'appointments_not_with_oneself', 'not_with_oneself'],
    ['23503', 'appointments_timeslot_id_timeslots_id_fk', 'timeslot_not_found'],
    ['23503', 'timeslots_doctor_id_doctor_profiles_id_fk', 'doctor_not_found'],
    ['23503', 'receptionist_branches_branch_id_branches_id_fk', 'branch_not_found'],
    ['22021', undefined, 'invalid_input'],
    ['08006', undefined, 'database_unavailable'],
    ['53300', undefined, 'database_unavailable'],
    ['57P01', undefined, 'database_unavailable'],
    ['57014', undefined, 'database_unavailable'],
    ['3D000', undefined, 'database_unavailable'],
    ['28P01', undefined, 'database_unavailable'],
    ['42P01', undefined, 'database_unavailable'],
    ['25006', undefined, 'database_unavailable'],
    ['25P03', undefined, 'database_unavailable'],
    ['55P03', undefined, 'record_busy'],
    ['23514', 'somebody_elses_check', undefined],
    ['23505', undefined, undefined],
    ['42601', undefined, undefined],
    ['42883', undefined, undefined],
    ['XX000', undefined, undefined],
  ])('SQLSTATE %s of %s is %s', (code, constraint, expected) => {
    expect(asAppError(refused(code, constraint))?.code).toBe(expected);
  });

  const onTheWay = [
    network('ECONNREFUSED'),
    network('ECONNRESET'),
    network('ENOTFOUND'),
    network('EAI_AGAIN'),
    network('EMFILE'),
    new AggregateError([network('ECONNREFUSED'), network('ECONNREFUSED')]),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Query read timeout'),
  ];
  test.each(onTheWay)('%s on the way to the database: it is away, come back in two seconds', (error) => {
    const away = { code: 'database_unavailable', status: 503, retryAfter: 2 };
    expect(asAppError(noteOrigin(error))).toMatchObject(away);
    expect(asAppError(new Error('Failed query: …', { cause: error }))).toMatchObject(away);
  });

  test.each([network('ECONNRESET'), network('EPIPE'), new Error('timeout of a provider')])(
    '%s from anywhere else says nothing of the database',
    (error) => {
      expect(asAppError(error)).toBeUndefined();
    },
  );

  test.each([new TypeError('x is not a function'), new Error('nothing known'), 'a text', undefined, null, 5])(
    '%s is a fault of ours',
    (error) => {
      expect(asAppError(error)).toBeUndefined();
    },
  );
});

describe('loggable', () => {
  test('of a refused statement: its SQLSTATE and place, neither text nor parameters', () => {
    const logged = loggable(refused('23514', 'somebody_elses_check'));
    expect(logged).toMatchObject({
      type: 'DatabaseError',
      sqlstate: '23514',
      constraint: 'somebody_elses_check',
      table: 'users',
    });
    expect(JSON.stringify(logged)).not.toMatch(/Feruza|select|Failed query|Failing row/);
  });

  test('of a database that is away: how', () => {
    expect(loggable(network('ECONNREFUSED'))).toEqual({ type: 'Unreachable', code: 'ECONNREFUSED' });
    expect(loggable(new Error('Failed query: Feruza', { cause: network('EPIPE') }))).toEqual({
      type: 'Unreachable',
      code: 'EPIPE',
    });
  });

  test('of a fault of ours: what and where, but nothing of a failed query', () => {
    expect(loggable(new TypeError('x is not a function'))).toMatchObject({
      type: 'TypeError',
      message: 'x is not a function',
      stack: expect.arrayContaining([expect.stringContaining('    at ')]),
    });
    const query = Object.assign(new Error('Failed query: Feruza'), { query: 'select', params: ['Feruza'] });
    expect(JSON.stringify(loggable(query))).not.toMatch(/Feruza|select/);
    expect(loggable('Feruza')).toEqual({ type: 'string' });
  });
});
