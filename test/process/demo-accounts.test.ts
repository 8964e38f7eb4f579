import { afterAll, beforeAll, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { demoAccounts, loadDemo } from '../../src/main/demo/data.ts';
import { demoApp, demoConfig } from '../helpers/demo.ts';

let clinic: Awaited<ReturnType<typeof demoApp>>;
beforeAll(async () => {
  clinic = await demoApp();
});
afterAll(() => clinic.close());

const printed = async () => (await demoAccounts(clinic.db, demoConfig)).map(({ username }) => username);

test('the start names those demo accounts that one can sign in with, whatever became of the others', async () => {
  expect(await printed()).toEqual(['demo.admin', 'demo.receptionist', 'demo.doctor', 'demo.patient']);
  const send = async (role: 'admin' | 'patient', method: 'DELETE' | 'POST', url: string, payload: object) => {
    const headers = { authorization: `Bearer ${await clinic.signIn(role)}` };
    expect((await clinic.app.inject({ method, url, payload, headers })).statusCode).toBeLessThan(300);
  };
  // A clinic of one's own keeps an admin beside the demo's.
  await send('admin', 'POST', '/api/users/', {
    username: 'boss',
    password: 'a-long-quiet-river',
    role: 'admin',
  });
  await send('admin', 'DELETE', '/api/auth/me/', { password: demo.password });
  expect(await printed()).toEqual(['demo.receptionist', 'demo.doctor', 'demo.patient']);
  await send('patient', 'POST', '/api/auth/password/change/', {
    old_password: demo.password,
    password: 'eleven-apricot-trees',
  });
  expect(await printed()).toEqual(['demo.receptionist', 'demo.doctor']);
  // The next start finds people, and makes no second demo clinic.
  await loadDemo(clinic.db, demoConfig);
  expect(await printed()).toEqual(['demo.receptionist', 'demo.doctor']);
});
