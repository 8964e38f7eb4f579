import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp, testClock } from '../helpers/app.ts';
import { operationsOf, writtenOut } from '../openapi/documented.ts';

/** What is asked up to the last day that a date can name, or from the first, is answered as for any other day. */

const ends = [
  ['Asia/Tashkent', '2026-03-02T04:00:00Z'],
  ['America/New_York', '2026-03-02T14:00:00Z'],
  ['Pacific/Kiritimati', '2026-03-02T00:00:00Z'],
] as const;

describe.each(ends)('in %s', (timezone, instant) => {
  let clinic: TestApp;
  let people: Record<'admin' | 'doctor' | 'patient', Person>;
  beforeAll(async () => {
    clinic = await testApp({ clock: testClock(instant, timezone) });
    people = {
      admin: await clinic.person('admin'),
      doctor: await clinic.person('doctor'),
      patient: await clinic.person('patient'),
    };
  });
  afterAll(() => clinic.close());

  test('every list that takes days takes the first and the last', async () => {
    const { body } = await clinic.as(undefined).get('/schema/').expect(200);
    const dated = operationsOf(writtenOut(body)).filter(
      ({ method, operation }) =>
        method === 'get' && operation.parameters?.some(({ name }) => name === 'from'),
    );
    expect(dated.length).toBeGreaterThan(6);
    const wrong: string[] = [];
    for (const { path, operation } of dated) {
      const known = new Set(operation.parameters?.map(({ name }) => name));
      for (const query of [
        'to=9999-12-31',
        'from=9999-12-31',
        'from=9999-12-31&to=9999-12-31',
        'from=9995-01-01&to=9995-01-02',
        'from=1900-01-01&to=1900-01-01',
        'to=1900-01-01',
        'date=9999-12-31',
        'from=9999-12-01&weekdays=5',
      ]) {
        // A list refuses what it does not know.
        if (![...new URLSearchParams(query).keys()].every((name) => known.has(name))) continue;
        const address = path.slice('/api'.length).replace('{id}', String(people.doctor.id));
        const answers = await Promise.all(
          Object.values(people).map((person) => clinic.as(person).get(`${address}?${query}`)),
        );
        const statuses = answers.map(({ status }) => status);
        // Whoever may ask gets the list, or is told that a range is too long or the wrong way round.
        const fine = answers.some(
          ({ status, body: answer }) =>
            status === 200 ||
            (status === 400 && ['range_too_long', 'range_reversed'].includes(answer.errors?.[0]?.code)),
        );
        if (!fine || statuses.some((status) => status >= 500)) wrong.push(`${address}?${query}: ${statuses}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('the audit up to the last day holds what is there', async () => {
    const { body } = await clinic.as(people.admin).get('/audit/?to=9999-12-31').expect(200);
    expect(body.count).toBeGreaterThan(0);
    const after = await clinic.as(people.admin).get('/audit/?from=9999-12-31').expect(200);
    expect(after.body.count).toBe(0);
  });

  test('statistics of two days are two days, whichever', async () => {
    const get = (query: string) => clinic.as(people.admin).get(`/statistics/?${query}`);
    const { body } = await get('from=9995-01-01&to=9995-01-02').expect(200);
    expect(body).toMatchObject({ from: '9995-01-01', to: '9995-01-02', total: { published: 0 } });
    await get('from=9990-01-01&to=9999-12-31').expect(200);
    await get('from=9989-01-01&to=9999-12-31').expect(400);
  });

  test('a slot of the last day is found by day, by search and by weekday', async () => {
    const slot = { date: '9999-12-31', start_time: '23:00', end_time: '23:30' };
    const id = await clinic.slot(people.doctor, slot);
    const found = async (query: string) =>
      (await clinic.as(people.patient).get(query).expect(200)).body.results.map(
        (one: { id: number }) => one.id,
      );
    expect(await found(`/doctors/${people.doctor.id}/timeslots/?date=9999-12-31`)).toEqual([id]);
    expect(await found('/timeslots/search/?from=9999-12-31')).toEqual([id]);
    expect(await found('/timeslots/search/?from=9999-12-30&weekdays=5')).toEqual([id]);
    expect(await found('/timeslots/search/?from=9999-12-30&weekdays=4')).toEqual([]);
    const visit = await clinic.book(people.patient, id);
    await clinic.as(people.patient).delete(`/appointments/${visit}/`).expect(204);
  });
});
