import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { makeRoom, makeService } from '../helpers/services.ts';
import { insertPeople } from '../helpers/rows.ts';

test('cost', async () => {
  const clinic = await testApp();
  const admin = await clinic.person('admin');
  const plain = await clinic.person('doctor');
  const gives = await clinic.person('doctor');
  const patient = await clinic.person('patient');
  for (const k of ['a', 'b', 'c']) await makeRoom(clinic.db, k, 'u');
  const room = await makeService(clinic, admin, [gives], { duration_minutes: 30, room_kind: 'u' });
  const two = await makeService(clinic, admin, [gives], { duration_minutes: 60, room_kind: 'u' });
  const norm = await makeService(clinic, admin, [gives], { duration_minutes: 30 });
  await insertPeople(clinic.db, 'patient', 1000);
  const N = 300;
  const times: Record<string, number[]> = { plain: [], norm: [], room: [], two: [] };
  const slots: Record<string, number[]> = {};
  for (const [key, doctor] of [['plain', plain.id], ['norm', gives.id], ['room', gives.id], ['two', gives.id]] as const) {
    const off = { plain: 0, norm: 0, room: 4, two: 8 }[key];
    const { rows } = await clinic.db.$client.query(
      `insert into timeslots (doctor_id, date, start_time, end_time)
       select $1, date '2026-04-01' + n, t, t + interval '30 min' from generate_series(0, ${N - 1}) n, unnest(array[time '08:00' + make_interval(hours => $2), time '08:30' + make_interval(hours => $2)]) t returning id, start_time`,
      [doctor, off],
    );
    slots[key] = rows.filter((_, i) => i % 2 === 0).map(({ id }) => id);
  }
  await clinic.db.$client.query('analyze');
  const body: Record<string, object> = { plain: {}, norm: { service: norm }, room: { service: room }, two: { service: two } };
  for (let i = 0; i < N; i += 1)
    for (const key of Object.keys(times)) {
      const begin = performance.now();
      await clinic.as(patient).post('/appointments/', { timeslot: slots[key]?.[i], ...body[key] }).expect(201);
      times[key]?.push(performance.now() - begin);
    }
  for (const [key, all] of Object.entries(times)) {
    const s = all.slice(30).sort((a, b) => a - b);
    process.stdout.write(`COST ${key}: median ${s[Math.floor(s.length / 2)]?.toFixed(2)} p25 ${s[Math.floor(s.length / 4)]?.toFixed(2)}\n`);
  }
  expect(1).toBe(1);
  await clinic.close();
}, 600000);
