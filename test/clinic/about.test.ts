import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPEN_POLICY } from '../../src/modules/availability/index.ts';
import { type TestApp, testApp } from '../helpers/app.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp({ config: { clinic_name: 'Shifo', timezone: 'Asia/Samarkand' } });
});
afterAll(() => clinic.close());

test('everybody is told the clinic’s name, its time zone and its open branches, without a token', async () => {
  await clinic.db.$client.query(
    `insert into branches (name, address, phone, is_active)
     values ('Chilonzor', 'Bunyodkor 12', '+998712000000', true), ('Eski', null, null, false)`,
  );
  const { body } = await clinic.as(undefined).get('/clinic/').expect(200);
  expect(body).toEqual({
    name: 'Shifo',
    time_zone: 'Asia/Samarkand',
    branches: [
      { id: expect.any(Number), name: 'Chilonzor', address: 'Bunyodkor 12', phone: '+998712000000' },
      { id: 1, name: expect.any(String), address: null, phone: null },
    ],
    policy: OPEN_POLICY,
  });
});
