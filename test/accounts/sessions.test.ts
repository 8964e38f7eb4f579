import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountsApp, pass, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { claimsOf } from '../helpers/tokens.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp();
});
afterAll(() => clinic.close());

interface Device {
  id: number;
  token: string;
  refresh: string;
}

async function another(person: Person, device: string, address: string): Promise<Device> {
  const { body } = await signIn(clinic, person, PASSWORD, { device, address }).expect(200);
  return { id: Number(claimsOf({ token: body.access }).sid), token: body.access, refresh: body.refresh };
}

const own = (person: Person): Device => ({ ...person, id: Number(claimsOf(person).sid) });
const list = (device: Pick<Device, 'token'>, query = '') => clinic.as(device).get(`/auth/sessions/${query}`);

async function expectOut(device: Device): Promise<void> {
  expectProblem(await clinic.as(device).get('/auth/me/'), 'session_ended');
  expectProblem(
    await clinic.as(undefined).post('/auth/token/refresh/', { refresh: device.refresh }),
    'invalid_refresh_token',
  );
}

const expectIn = (device: Device) => clinic.as(device).get('/auth/me/').expect(200);

describe('GET /auth/sessions/', () => {
  test('shows devices, addresses, first and last use, and which one asks; the latest used first', async () => {
    const person = await clinic.person('patient');
    const first = own(person);
    const signedIn = clinic.clock.now().toISOString();
    pass(clinic.clock, 60);
    const phone = await another(person, 'Phone/1', '203.0.113.7');
    const later = clinic.clock.now().toISOString();
    pass(clinic.clock, 60);
    await clinic.as(undefined).post('/auth/token/refresh/', { refresh: first.refresh }).expect(200);
    const { body } = await list(phone).expect(200);
    expect(body).toEqual({
      count: 2,
      next: null,
      previous: null,
      results: [
        {
          id: first.id,
          device: null,
          address: '127.0.0.1',
          created_at: signedIn,
          last_used_at: clinic.clock.now().toISOString(),
          is_current: false,
        },
        {
          id: phone.id,
          device: 'Phone/1',
          address: '203.0.113.7',
          created_at: later,
          last_used_at: later,
          is_current: true,
        },
      ],
    });
  });

  test('comes in pages', async () => {
    const person = await clinic.person('patient');
    for (let count = 0; count < 4; count += 1) {
      pass(clinic.clock, 1);
      await another(person, `Phone/${count}`, '203.0.113.7');
    }
    const { body } = await list(person, '?page_size=2&page=2').expect(200);
    expect(body.count).toBe(5);
    expect(body.results.map(({ device }: { device: string }) => device)).toEqual(['Phone/1', 'Phone/0']);
    expect(body.next).toContain('page=3');
  });

  test('leaves out what is over: ended, and expired', async () => {
    const person = await clinic.person('patient');
    const phone = await another(person, 'Phone/1', '203.0.113.7');
    await clinic.as(phone).post('/auth/logout/').expect(204);
    expect((await list(person).expect(200)).body.results).toHaveLength(1);
    pass(clinic.clock, 30 * 86_400);
    const fresh = await another(person, 'Phone/2', '203.0.113.7');
    const { body } = await list(fresh).expect(200);
    expect(body.results.map(({ id }: { id: number }) => id)).toEqual([fresh.id]);
  });
});

describe('POST /auth/logout/', () => {
  test('ends this session and no other', async () => {
    const person = await clinic.person('patient');
    const phone = await another(person, 'Phone/1', '203.0.113.7');
    await clinic.as(phone).post('/auth/logout/').expect(204);
    await expectOut(phone);
    await expectIn(own(person));
    expectProblem(await clinic.as(phone).post('/auth/logout/'), 'session_ended');
  });
});

describe('DELETE /auth/sessions/{id}/', () => {
  test('ends one of my own, and again changes nothing', async () => {
    const person = await clinic.person('patient');
    const phone = await another(person, 'Phone/1', '203.0.113.7');
    await clinic.as(person).delete(`/auth/sessions/${phone.id}/`).expect(204);
    await expectOut(phone);
    await expectIn(own(person));
    await clinic.as(person).delete(`/auth/sessions/${phone.id}/`).expect(204);
  });

  test('this one too', async () => {
    const person = own(await clinic.person('patient'));
    await clinic.as(person).delete(`/auth/sessions/${person.id}/`).expect(204);
    await expectOut(person);
  });

  test('finds nobody else’s, for an admin neither, and does not end it', async () => {
    const [person, stranger, admin] = [
      own(await clinic.person('patient')),
      await clinic.person('patient'),
      await clinic.person('admin'),
    ];
    for (const who of [stranger, admin])
      for (const id of [person.id, 2_147_483_647])
        expectProblem(await clinic.as(who).delete(`/auth/sessions/${id}/`), 'session_not_found');
    await expectIn(person);
    expectProblem(await clinic.as(stranger).delete('/auth/sessions/one/'), 'invalid_input', {
      fields: ['id invalid_type'],
    });
  });
});

describe('DELETE /auth/sessions/', () => {
  test('ends all of mine but this one', async () => {
    const person = await clinic.person('patient');
    const stranger = await clinic.person('patient');
    const devices = [await another(person, 'A', '203.0.113.7'), await another(person, 'B', '203.0.113.8')];
    await clinic.as(person).delete('/auth/sessions/').expect(204);
    for (const device of devices) await expectOut(device);
    await expectIn(own(person));
    await expectIn(own(stranger));
    await clinic.as(person).delete('/auth/sessions/').expect(204);
  });

  test('of two devices that end all others at once one stays at most, and none waits for the other for ever', async () => {
    for (let round = 0; round < 20; round += 1) {
      const person = await clinic.person('patient');
      const devices = [own(person)];
      for (let count = 0; count < 3; count += 1)
        devices.push(await another(person, `${count}`, '203.0.113.7'));
      const answers = await Promise.all(devices.map((device) => clinic.as(device).delete('/auth/sessions/')));
      for (const { status } of answers) expect([204, 401]).toContain(status);
      const { rows } = await clinic.db.$client.query(
        'select id from sessions where user_id = $1 and ended_at is null',
        [person.id],
      );
      expect(rows.length).toBeLessThanOrEqual(1);
    }
  });
});
