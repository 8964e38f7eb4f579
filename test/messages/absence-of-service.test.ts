import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRun, makeService } from '../helpers/services.ts';
import { type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

let clinic: WaitingClinic;
beforeAll(async () => {
  clinic = await waitingClinic();
});
afterAll(() => clinic.close());

test('whose long visit falls out is told of starts from which it fits, of those who give it', async () => {
  const date = '2030-03-12';
  const profile = { specialization: 'Kardiolog' };
  const admin = await clinic.person('admin');
  const doctor = await clinic.person('doctor', { profile });
  const colleague = await clinic.person('doctor', { profile });
  const stranger = await clinic.person('doctor', { profile });
  const patient = await clinic.person('patient');
  const service = await makeService(clinic, admin, [doctor, colleague], { duration_minutes: 60 });
  const [first] = await makeRun(clinic.db, doctor.id, date, ['10:00', '10:30', '14:00', '16:00', '16:30']);
  await makeRun(clinic.db, colleague.id, date, ['12:00', '12:30']);
  await makeRun(clinic.db, stranger.id, date, ['10:00', '10:30']);
  await clinic.as(patient).post('/appointments/', { timeslot: first, service }).expect(201);
  const absence = { from: date, to: date, start_time: '10:00', end_time: '12:00' };
  await clinic.as(doctor).post('/absences/', absence).expect(201);
  await clinic.drain();
  const [told] = await clinic.rows<{ params: { alternatives: string } }>(
    `select params from notifications where user_id = $1 and kind = 'absence'`,
    [patient.id],
  );
  expect(told?.params.alternatives).toBe(`${date} 16:00 ${doctor.id},${date} 12:00 ${colleague.id}`);
});
