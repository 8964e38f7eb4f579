import { describe, expect, test } from 'vitest';
import { statusesBefore } from '../../src/modules/appointments/appointments.rules.ts';
import { refusal } from '../../src/modules/availability/refusal.rules.ts';
import { slotError } from '../../src/modules/timeslots/timeslots.rules.ts';
import { profileErrors } from '../../src/modules/users/users.rules.ts';

describe('slotError: a slot lasts from 5 minutes to 12 hours', () => {
  test.each([
    ['10:00', '10:05', undefined],
    ['10:00', '10:04', 'slot_length'],
    ['10:00', '22:00', undefined],
    ['10:00', '22:01', 'slot_length'],
    ['00:00', '12:00', undefined],
    ['12:00', '24:00', undefined],
    ['11:59', '24:00', 'slot_length'],
    ['23:55', '24:00', undefined],
    ['23:56', '24:00', 'slot_length'],
    ['10:00', '10:00', 'end_before_start'],
    ['10:00', '09:59', 'end_before_start'],
    ['23:30', '00:30', 'end_before_start'],
    ['24:00', '24:00', 'end_before_start'],
    ['09:59', '10:04', undefined],
  ])('%s to %s: %s', (start_time, end_time, expected) => {
    expect(slotError({ start_time, end_time })).toBe(expected);
  });

  test('agrees with the count of minutes for every start and every end of a day', () => {
    const time = (minutes: number) =>
      `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    for (let start = 0; start < 1440; start += 7) {
      for (let end = 1; end <= 1440; end += 1) {
        const length = end - start;
        const expected =
          length <= 0 ? 'end_before_start' : length < 5 || length > 720 ? 'slot_length' : undefined;
        if (slotError({ start_time: time(start), end_time: time(end) }) !== expected)
          throw new Error(`${time(start)} to ${time(end)} should be ${expected}`);
      }
    }
  });
});

describe('statusesBefore: who may move an appointment from where', () => {
  test.each([
    ['confirmed', 'doctor', ['pending']],
    ['confirmed', 'admin', ['pending']],
    ['cancelled', 'doctor', ['pending']],
    ['cancelled', 'admin', ['pending', 'confirmed']],
    ['cancelled', 'patient', ['pending', 'confirmed']],
  ] as const)('to %s, as %s: from %j', (next, role, expected) => {
    expect(statusesBefore(next, role)).toEqual(expected);
  });
});

describe('refusal: of several reasons the plainest', () => {
  const order = [
    ['oneself', 'not_with_oneself'],
    ['no_patient', 'patient_not_found'],
    ['no_slot', 'timeslot_not_found'],
    ['begun', 'slot_in_past'],
    ['taken', 'slot_taken'],
    ['too_soon', 'too_soon'],
    ['too_far', 'too_far_ahead'],
    ['held', 'slot_held'],
    ['busy', 'patient_busy'],
    ['too_many', 'too_many_appointments'],
  ] as const;

  test.each(order)('%s alone is %s', (reason, code) => {
    expect(refusal({ [reason]: true })).toBe(code);
  });

  test('taken by themself it is theirs already', () => {
    expect(refusal({ taken: true, mine: { id: 1 } })).toBe('already_yours');
    expect(refusal({ begun: true, taken: true, mine: { id: 1 } })).toBe('slot_in_past');
  });

  test('each wins over all that come after it', () => {
    for (const [place, [, code]] of order.entries()) {
      const others = Object.fromEntries(order.map(([reason], index) => [reason, index >= place]));
      expect(refusal(others)).toBe(code);
    }
  });

  test('without a reason there is none: what refused has gone again', () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal()).toBeUndefined();
    expect(refusal({ taken: false, busy: false })).toBeUndefined();
    // What waits to be offered to somebody is passed on, and tried again.
    expect(refusal({ passing: true })).toBeUndefined();
  });
});

describe('profileErrors: the fields that belong to another role', () => {
  const all = { specialization: 'LOR', experience_years: 1, date_of_birth: '1990-05-17', gender: 'male' };
  test.each([
    ['admin', ['specialization', 'experience_years', 'date_of_birth', 'gender']],
    ['doctor', ['date_of_birth']],
    ['patient', ['specialization', 'experience_years']],
  ] as const)('%s: %j', (role, expected) => {
    expect(profileErrors(role, all)).toEqual(expected);
    expect(profileErrors(role, {})).toEqual([]);
    expect(profileErrors(role, { specialization: undefined, date_of_birth: undefined })).toEqual([]);
    // Emptying a field that is not there is a misfit too.
    expect(profileErrors(role, { specialization: null })).toEqual(
      role === 'doctor' ? [] : ['specialization'],
    );
  });
});
