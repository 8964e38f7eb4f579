import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Person, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeService } from '../helpers/services.ts';

/** Of the public directory; what stands in no table here needs a token, which access-matrix.test.ts holds. */
const paths = ({ doctor, service }: { doctor: number; service: number }) => [
  '/doctors/',
  `/doctors/${doctor}/`,
  `/doctors/${doctor}/services/`,
  `/doctors/${doctor}/timeslots/`,
  '/timeslots/search/',
  '/services/',
  `/services/${service}/`,
  '/specializations/',
  '/branches/',
  '/branches/1/',
];

async function withDoctor(config: Parameters<typeof testApp>[0] = {}) {
  const clinic = await testApp(config);
  const [admin, doctor, patient] = [
    await clinic.person('admin'),
    await clinic.person('doctor', { first_name: 'Jasur', phone: '+998901112233' }),
    await clinic.person('patient'),
  ];
  const service = await makeService(clinic, admin, [doctor]);
  await clinic.slot(doctor);
  return { clinic, admin, doctor, patient, all: paths({ doctor: doctor.id, service }) };
}

let open: Awaited<ReturnType<typeof withDoctor>>;
let closed: Awaited<ReturnType<typeof withDoctor>>;
beforeAll(async () => {
  open = await withDoctor();
  closed = await withDoctor({ config: { public_directory: false } });
});
afterAll(async () => {
  await open.clinic.close();
  await closed.clinic.close();
});

describe('a public directory', () => {
  test('shows a guest what it shows a patient, and nothing of how to reach a doctor', async () => {
    const { clinic, patient, all } = open;
    for (const path of all) {
      const asGuest = await clinic.as(undefined).get(path).expect(200);
      const asPatient = await clinic.as(patient).get(path).expect(200);
      expect(asGuest.body, path).toEqual(asPatient.body);
      expect(asGuest.text, path).not.toMatch(/1112233|doctor2|"username"/);
    }
    const { body } = await clinic.as(undefined).get('/doctors/').expect(200);
    expect(body.results).toHaveLength(1);
  });

  test('lets caches keep for seconds what a guest sees, and nothing that somebody who is signed in does', async () => {
    const { clinic, patient, all } = open;
    for (const path of [...all, '/clinic/']) {
      const asGuest = await clinic.as(undefined).get(path).expect(200);
      expect(asGuest.headers['cache-control'], path).toMatch(/^public, max-age=(?:5|60)$/);
      expect(asGuest.headers.vary, path).toMatch(/authorization/);
      const asPatient = await clinic.as(patient).get(path).expect(200);
      expect(asPatient.headers['cache-control'], path).not.toMatch(/public/);
      expect(asPatient.headers.vary, path).toMatch(/authorization/);
    }
    const missing = await clinic.as(undefined).get('/doctors/999/').expect(404);
    expect(missing.headers['cache-control']).toBe('no-store');
  });

  test('refuses a token that is not good, as everywhere', async () => {
    const { clinic, all } = open;
    const left = await clinic.person('patient');
    await clinic.as(left).post('/auth/logout/').expect(204);
    for (const path of all) {
      expectProblem(await clinic.as({ token: 'x.y.z' }).get(path), 'invalid_token');
      expectProblem(await clinic.as(left).get(path), 'session_ended');
    }
  });

  test('shows a guest what patients may book, whatever staff could', async () => {
    const { clinic, admin, doctor } = open;
    await clinic.as(admin).patch('/settings/', { horizon_days: 3 }).expect(200);
    const path = `/doctors/${doctor.id}/timeslots/`;
    expect((await clinic.as(undefined).get(path).expect(200)).body.results).toHaveLength(0);
    expect((await clinic.as(admin).get(path).expect(200)).body.results).toHaveLength(1);
    await clinic.as(admin).patch('/settings/', { horizon_days: null }).expect(200);
  });

  test('hides from guests a service that cannot be booked any more', async () => {
    const { clinic, admin } = open;
    const service = await makeService(clinic, admin, []);
    await clinic.as(admin).patch(`/services/${service}/`, { is_active: false }).expect(200);
    expectProblem(await clinic.as(undefined).get(`/services/${service}/`), 'service_not_found');
    await clinic.as(admin).get(`/services/${service}/`).expect(200);
  });

  test('has a limit of its own for each address, tighter than that of whoever signs in', async () => {
    const { clinic, patient } = await withDoctor({
      config: { rate_limit: true, rate_limit_directory: 3, trust_proxy: ['loopback'] },
    });
    try {
      const read = (person?: Person, address = '203.0.113.9') =>
        clinic.as(person).get('/doctors/').set('x-forwarded-for', address);
      for (let left = 2; left >= 0; left -= 1) {
        const { headers } = await read().expect(200);
        expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': String(left) });
      }
      expectProblem(await read(), 'too_many_requests');
      await read(undefined, '203.0.113.10').expect(200);
      // Whoever has read too much can still sign in, and then has a limit of their own.
      expect((await read(patient).expect(200)).headers['ratelimit-limit']).toBe('600');
      const login = clinic.as(undefined).post('/auth/login/', {}).set('x-forwarded-for', '203.0.113.9');
      expectProblem(await login, 'invalid_input');
    } finally {
      await clinic.close();
    }
    const { rate_limit_directory, rate_limit_guest, rate_limit_user } = loadConfig({});
    expect(rate_limit_directory).toBeLessThan(Math.min(rate_limit_guest, rate_limit_user));
  });

  test('says in the document that a token is no must', async () => {
    const { body } = await open.clinic.as(undefined).get('/schema/').expect(200);
    const { security, responses } = body.paths['/api/doctors/'].get;
    expect(security).toEqual([{}, { bearer: [] }]);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '401', '429']));
    expect(responses).not.toHaveProperty('403');
  });
});

describe('a directory that is not public', () => {
  test('asks a guest to sign in, and is caches’ no more than before', async () => {
    const { clinic, patient, all } = closed;
    for (const path of all) {
      expectProblem(await clinic.as(undefined).get(path), 'authentication_required');
      const { headers } = await clinic.as(patient).get(path).expect(200);
      expect(headers['cache-control'], path).not.toMatch(/public/);
    }
    await clinic.as(undefined).get('/clinic/').expect(200);
  });

  test('is for those who book: a doctor sees neither colleagues nor free slots', async () => {
    const { clinic, doctor } = closed;
    for (const path of ['/doctors/', `/doctors/${doctor.id}/`, `/doctors/${doctor.id}/timeslots/`])
      expectProblem(await clinic.as(doctor).get(path), 'forbidden');
    expectProblem(await clinic.as(doctor).get('/timeslots/search/'), 'forbidden');
    await clinic.as(doctor).get('/branches/').expect(200);
  });

  test('is how it is in production where nothing is set', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://clinic:x@127.0.0.1/clinic',
      JWT_SECRET: 'q0Zs8dV2mK4xR7tB1nY6cW3hP5jL9fGaUeOi',
    };
    expect(loadConfig(production).public_directory).toBe(false);
    expect(loadConfig({ ...production, PUBLIC_DIRECTORY: 'true' }).public_directory).toBe(true);
    expect(loadConfig({}).public_directory).toBe(true);
  });
});
