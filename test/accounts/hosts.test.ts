import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountsApp } from '../helpers/accounts.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ allowed_hosts: ['clinic.uz', '.clinic.example', '127.0.0.1', '[::1]'] });
});
afterAll(() => clinic.close());

const ask = (host: string) => clinic.as(undefined).get('/schema/').set('host', host);

describe('the hosts that are allowed', () => {
  test.each([
    'clinic.uz',
    'clinic.uz:8080',
    'CLINIC.uz',
    'clinic.uz.',
    'api.clinic.example',
    'a.b.clinic.example:443',
    '127.0.0.1:3000',
    '[::1]:3000',
  ])('%s is answered', async (host) => {
    await ask(host).expect(200);
  });

  test.each([
    'evil.example',
    'clinic.uz.evil.example',
    'evilclinic.uz',
    'clinic.example',
    'api.clinic.uz',
    '[::2]',
  ])('%s is refused', async (host) => {
    expectProblem(await ask(host), 'host_not_allowed');
  });

  test('hold for what a trusted proxy forwards, for every route, and before anything else', async () => {
    await ask('internal:3000').set('x-forwarded-host', 'clinic.uz').expect(200);
    expectProblem(await ask('clinic.uz').set('x-forwarded-host', 'evil.example'), 'host_not_allowed');
    for (const path of ['/auth/me/', '/nowhere/', '/docs/'])
      expectProblem(await clinic.as(undefined).get(path).set('host', 'evil.example'), 'host_not_allowed');
  });

  test('are not asked for by monitors', async () => {
    for (const url of ['/health/live', '/health/ready'])
      expect((await clinic.app.inject({ url, headers: { host: 'evil.example' } })).statusCode).toBe(200);
  });

  test('are all, unless some are named', async () => {
    const any = await testApp();
    try {
      await any.as(undefined).get('/schema/').set('host', 'whatever.example').expect(200);
    } finally {
      await any.close();
    }
  });
});
