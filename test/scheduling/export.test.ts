import { once } from 'node:events';
import http from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caller } from '../../src/core/roles.ts';
import { pageQuery } from '../../src/http/page.ts';
import { csvWords } from '../../src/i18n/csv.ts';
import { allFilters, exportFilters } from '../../src/modules/appointments/reading/filters.schemas.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { entry, lastEntry, notedBy } from '../helpers/audit.ts';
import { parseCsv, type Separator } from '../helpers/csv.ts';
import { empty } from '../helpers/database.ts';
import { capturedLog } from '../helpers/log.ts';
import { expectProblem } from '../helpers/problem.ts';
import { listening } from '../helpers/raw.ts';
import { insertPeople } from '../helpers/rows.ts';
import { watchStatements } from '../helpers/statements.ts';
import { sized } from '../size.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
let patients: number[];
const log = capturedLog();

beforeAll(async () => {
  clinic = await testApp({
    config: { log_level: 'info' },
    log_stream: log.stream,
    unhurried: true,
  });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', { last_name: 'Yusupov' }),
    patient: await clinic.person('patient', { first_name: 'Aziza', phone: '+998901234567' }),
  };
  patients = await insertPeople(clinic.db, 'patient', 50);
});
afterAll(() => clinic.close());
beforeEach(async () => {
  await empty(clinic.db, 'appointments', 'timeslots');
});

const query = (text: string, values: unknown[] = []) => clinic.db.$client.query(text, values);

/** So many cancelled visits, a minute apart, of all of these patients in turn, as fast as rows go in. */
const insertMany = (count: number) =>
  query(
    `with quiet as (select set_config('session_replication_role', 'replica', true))
     insert into appointments (doctor_id, patient_id, booked_by, date, start_time, end_time, status, branch_id)
     select $1, ($2::integer[])[1 + n % cardinality($2)], $1, date '2020-01-01' + n / 500,
       time '08:00' + (n % 500) * interval '1 minute', time '08:05' + (n % 500) * interval '1 minute', 'cancelled', 1
     from quiet, generate_series(0, $3::integer - 1) n`,
    [people.doctor.id, patients, count],
  );

/** An export as text, with what came beside it. */
async function exported(path = '', accept?: string, who: Person = people.admin, language = 'en') {
  const answer = await clinic.app.inject({
    url: `/api/appointments/export/${path}`,
    headers: {
      authorization: `Bearer ${who.token}`,
      'accept-language': language,
      ...(accept !== undefined && { accept }),
    },
  });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body };
}
/** A table as CSV, each row by its headings. */
function rowsOf(text: string, separator: Separator = ',') {
  const [head = [], ...rows] = parseCsv(text, separator);
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index]])));
}
const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('an export', () => {
  test('holds what the list holds, by time, with one JSON object on each line', async () => {
    const days = ['2026-03-12', '2026-03-10', '2026-03-11'];
    for (const date of days) await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
    const late = { date: '2026-03-10', start_time: '23:30', end_time: '24:00' };
    await clinic.book(people.patient, await clinic.slot(people.doctor, late));
    const { status, headers, text } = await exported();
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(headers['content-disposition']).toBe('attachment; filename="appointments.ndjson"');
    expect(headers.vary).toContain('accept');
    expect(text.endsWith('\n')).toBe(true);
    const { body } = await clinic.as(people.admin).get('/appointments/').expect(200);
    expect(lines(text)).toEqual(body.results);
  });

  test('as CSV holds the same, and runs no formula in a spreadsheet', async () => {
    const evil = '=HYPERLINK("http://evil.example","x"), или\nещё';
    await clinic.book(people.patient, await clinic.slot(people.doctor));
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: '2026-03-11' }));
    const decision = { status: 'cancelled', reason: evil };
    await clinic.as(people.admin).patch(`/appointments/${id}/`, decision).expect(200);
    const { headers, text } = await exported('', 'text/csv');
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toBe('attachment; filename="appointments.csv"');
    const [first, second, ...more] = rowsOf(text);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      Date: '2026-03-10',
      Begins: '10:00',
      Status: 'waits for confirmation',
      'Doctor: last name': 'Yusupov',
      'Patient: first name': 'Aziza',
      'Patient: phone': '+998 90 123 45 67',
      'Why cancelled': '',
      'Cancelled late': 'no',
      Version: '1',
    });
    expect(second).toMatchObject({ 'Why cancelled': `'${evil}`, Status: 'cancelled' });
    expect(text.split('\r\n')).toHaveLength(4);
  });

  test.each([
    ['en', ',', '2026-03-10', '2026-03-02 09:00', 'Echocardiography', '150000.5', 'the doctor is away'],
    ['ru', ';', '10.03.2026', '02.03.2026 09:00', 'Эхокардиография', '150000,5', 'врач отсутствует'],
    ['uz', ';', '10.03.2026', '02.03.2026 09:00', 'Exokardiografiya', '150000,5', 'shifokor ishda boʻlmaydi'],
  ] as const)(
    'as CSV in %s is written as its readers write',
    async (language, own, day, moment, ...others) => {
      const [name, price, why] = others;
      const id = await clinic.book(people.patient, await clinic.slot(people.doctor));
      const names = { uz: 'Exokardiografiya', ru: 'Эхокардиография', en: 'Echocardiography' };
      const { rows } = await query(
        'insert into services (name, duration_minutes) values ($1, 30) returning id',
        [names],
      );
      // The clock stands still: it is nine by the clinic's wall, four by UTC.
      await query(
        `update appointments set status = 'cancelled', cancel_reason = 'doctor_absent', service_id = $2,
         service_name = $3, price = 15000050, currency = 'UZS', created_at = '2026-03-02T04:00:00Z' where id = $1`,
        [id, rows[0].id, names],
      );
      const { headings, statuses } = csvWords[language];
      for (const [said, separator] of [
        ['', own],
        ['?separator=comma', ','],
        ['?separator=%3B', ';'],
        ['?separator=tab', '\t'],
      ] as const) {
        const { headers, text } = await exported(said, 'text/csv', people.admin, language);
        expect(headers).toMatchObject({ 'content-language': language });
        expect(headers.vary).toContain('accept-language');
        const [row, ...more] = rowsOf(text, separator);
        expect(more).toEqual([]);
        expect(row).toMatchObject({
          [headings.date]: day,
          [headings.created_at]: moment,
          [headings.status]: statuses.cancelled,
          [headings.service_name]: name,
          [headings.price]: price,
          [headings.cancel_reason]: why,
          [headings.patient_phone]: '+998 90 123 45 67',
        });
      }
    },
  );

  test('takes no other separator, and for programs none matters', async () => {
    for (const said of ['', 'pipe', '%7C', 'comma%2Ctab']) {
      const { status, headers, text } = await exported(`?separator=${said}`, 'text/csv');
      expectProblem({ status, headers, body: JSON.parse(text) }, 'invalid_input', {
        fields: ['separator invalid_choice'],
      });
    }
    await clinic.book(people.patient, await clinic.slot(people.doctor));
    const plain = await exported();
    expect((await exported('?separator=tab', undefined, people.admin, 'ru')).text).toBe(plain.text);
    expect(plain.headers).not.toHaveProperty('content-language');
  });

  test.each([
    ['', 'application/x-ndjson'],
    ['*/*', 'application/x-ndjson'],
    ['text/*', 'text/csv'],
    ['TEXT/CSV', 'text/csv'],
    ['text/csv;q=0.5, */*', 'application/x-ndjson'],
    ['text/csv;q=0.5, application/x-ndjson;q=0.1, */*', 'text/csv'],
    ['text/csv;q=0, */*;q=0.1', 'application/x-ndjson'],
  ])('with Accept %j comes as %s', async (accept, type) => {
    expect((await exported('', accept)).headers['content-type']).toContain(type);
  });

  test.each(['application/json', 'text/csv;q=x'])('with Accept %j does not come', async (accept) => {
    const { text, ...answer } = await exported('', accept);
    expectProblem({ ...answer, body: JSON.parse(text) }, 'not_acceptable');
  });

  test('is empty when nothing matches, except for the header of the CSV', async () => {
    expect((await exported()).text).toBe('');
    expect((await exported('', 'text/csv')).text).toMatch(/^\uFEFFAppointment: No\.,Date,Begins,[^\n]*\r\n$/);
  });

  test('has every filter of the list, and each of them leaves the same visits out of both', async () => {
    const [doctor, patient] = [await clinic.person('doctor'), await clinic.person('patient')];
    const first = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: '2026-03-10' }));
    const { body: branch } = await clinic
      .as(people.admin)
      .post('/branches/', { name: 'Chilonzor' })
      .expect(201);
    const there = { date: '2026-03-12', start_time: '10:00', end_time: '10:30', branch: branch.id };
    const slot = await clinic.as(doctor).post('/timeslots/', there).expect(201);
    const second = await clinic.book(patient, slot.body.id);
    await clinic.as(patient).delete(`/appointments/${second}/`).expect(204);
    /** Of each filter a value, and the one visit that it keeps. */
    const kept: Record<string, [value: string | number, visit: number]> = {
      date: ['2026-03-10', first],
      from: ['2026-03-11', second],
      to: ['2026-03-11', first],
      branch: [branch.id, second],
      status: ['cancelled', second],
      doctor: [people.doctor.id, first],
      patient: [patient.id, second],
    };
    const filters = Object.keys(exportFilters.shape);
    const paging = [...Object.keys(pageQuery), 'cursor', 'updated_since'];
    const listed = Object.keys(allFilters.shape).filter((name) => !paging.includes(name));
    expect(listed).toEqual(filters);
    expect(Object.keys(kept).sort()).toEqual(filters.toSorted());
    for (const [name, [value, visit]] of Object.entries(kept)) {
      const { body } = await clinic.as(people.admin).get(`/appointments/?${name}=${value}`).expect(200);
      const ids = (rows: { id: number }[]) => rows.map(({ id }) => id);
      expect(ids(body.results), `the list by ${name}`).toEqual([visit]);
      expect(ids(lines((await exported(`?${name}=${value}`)).text)), `the export by ${name}`).toEqual([
        visit,
      ]);
    }
    // So that others’ slots have one branch to be in.
    await clinic.as(people.admin).patch(`/branches/${branch.id}/`, { is_active: false }).expect(200);
  });

  test('takes the filters of the list', async () => {
    const other = await clinic.person('patient');
    for (const date of ['2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13'])
      await clinic.book(
        people.patient,
        await clinic.slot(people.doctor, { date, start_time: '11:00', end_time: '11:30' }),
      );
    const theirs = await clinic.book(
      other,
      await clinic.slot(people.doctor, { date: '2026-03-12', start_time: '12:00', end_time: '12:30' }),
    );
    await clinic.as(other).delete(`/appointments/${theirs}/`).expect(204);
    const filters = [
      '?date=2026-03-12',
      '?from=2026-03-11&to=2026-03-12',
      '?from=2026-03-12',
      '?to=2026-03-11',
      '?from=2026-03-10&to=2026-03-12&date=2026-03-12',
      '?date=2026-03-10&from=2026-03-11',
      `?patient=${other.id}`,
      `?doctor=${people.doctor.id}&status=pending`,
      '?status=cancelled',
      '?status=pending,cancelled',
      '?patient=999999',
    ];
    const counts: number[] = [];
    for (const filter of filters) {
      const { body } = await clinic.as(people.admin).get(`/appointments/${filter}`).expect(200);
      const rows = lines((await exported(filter)).text);
      expect(rows, filter).toEqual(body.results);
      counts.push(rows.length);
    }
    expect(counts).toEqual([2, 3, 3, 2, 2, 0, 1, 4, 1, 5, 0]);
    const { status, headers, text } = await exported('?from=2026-03-12&to=2026-03-11&status=x');
    expectProblem({ status, headers, body: JSON.parse(text) }, 'invalid_input');
  });

  test('is noted for each thousand rows, with the people whom they show', async () => {
    await insertMany(2_500);
    const noted = (path: string) => notedBy(clinic.db, () => exported(path));
    const last = await lastEntry(clinic.db);
    const all = await noted('');
    expect(all.length).toBeGreaterThanOrEqual(3);
    const every = entry(people.admin, 'appointment.export', null, { filters: [] });
    expect(all).toEqual(all.map(() => every));
    const { rows } = await clinic.db.$client.query(
      `select distinct patient_id as id from appointments
       except select unnest(people) from audit_entries where id > $1`,
      [last],
    );
    expect(rows).toEqual([]);
    const [one = 0] = patients;
    expect(await noted(`?patient=${one}&from=2020-01-01&separator=tab`)).toEqual([
      entry(people.admin, 'appointment.export', one, { filters: ['from', 'patient'] }),
    ]);
    expect(await noted('?patient=999999')).toEqual([
      entry(people.admin, 'appointment.export', null, { filters: ['patient'] }),
    ]);
  });

  test('is for admins only, and reads nothing for a HEAD request', async () => {
    for (const who of [people.doctor, people.patient]) {
      const { status, headers, text } = await exported('', undefined, who);
      expectProblem({ status, headers, body: JSON.parse(text) }, 'forbidden');
    }
    const statements = watchStatements();
    try {
      const seen = await statements.during(async () => {
        const head = await clinic.app.inject({
          method: 'HEAD',
          url: '/api/appointments/export/',
          headers: { authorization: `Bearer ${people.admin.token}` },
        });
        expect(head.statusCode).toBe(200);
        expect(head.headers['content-type']).toContain('ndjson');
      });
      expect(seen).toEqual([]);
    } finally {
      statements.restore();
    }
  });
});

describe('a large export', () => {
  /** Opens an export over a socket. */
  async function open(path = '') {
    const { port } = await listening(clinic.app);
    const request = http.get({
      port,
      path: `/api/appointments/export/${path}`,
      headers: { authorization: `Bearer ${people.admin.token}` },
      agent: false,
    });
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    return { request, answer };
  }

  test('comes whole over many pages, each row once, with statements that cost the same', async () => {
    await insertMany(10_500);
    const statements = watchStatements();
    let rows: { id: number; date: string; start_time: string }[] = [];
    const seen = await statements.during(async () => {
      rows = lines((await exported()).text);
    });
    statements.restore();
    expect(rows).toHaveLength(10_500);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(10_500);
    const times = rows.map(({ date, start_time }) => `${date} ${start_time}`);
    expect(times).toEqual(times.toSorted());
    // Eleven pages, each noted before it leaves.
    const those = (part: RegExp) => seen.filter((text) => part.test(text));
    expect(those(/from \(select .* as page join appointments/s)).toHaveLength(11);
    expect(those(/insert into audit_entries/)).toHaveLength(11);
  });

  test(`needs no more memory for ${sized(200_000)} rows than for 10,000`, async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    /** The most that was alive at any time while so many rows went by, in MB. */
    async function peakOf(count: number) {
      await query('truncate appointments cascade');
      await insertMany(count);
      await query('analyze appointments');
      const { answer } = await open();
      let [bytes, rows, next, peak] = [0, 0, 0, 0];
      const began = performance.now();
      for await (const chunk of answer) {
        bytes += (chunk as Buffer).length;
        for (const byte of chunk as Buffer) if (byte === 10) rows += 1;
        if (bytes < next) continue;
        next += 2_000_000;
        gc();
        const { heapUsed, external } = process.memoryUsage();
        peak = Math.max(peak, (heapUsed + external) / 1e6);
      }
      expect(rows).toBe(count);
      return { peak, megabytes: bytes / 1e6, ms: performance.now() - began };
    }
    const [small, large] = [await peakOf(10_000), await peakOf(sized(200_000))];
    process.stdout.write(
      `export: 10,000 rows (${small.megabytes.toFixed(0)} MB) at most ${small.peak.toFixed(0)} MB alive; ${sized(200_000)} rows ` +
        `(${large.megabytes.toFixed(0)} MB, ${(large.ms / 1_000).toFixed(1)} s) at most ${large.peak.toFixed(0)} MB\n`,
    );
    expect(large.peak).toBeLessThan(small.peak + 10);
  });

  test('is read no further when nobody takes it any more', async ({ onTestFinished }) => {
    await insertMany(sized(200_000));
    const statements = watchStatements();
    try {
      // Another that is taken whole tells the time: meanwhile this one would have got as far.
      const whole = (await statements.during(exported)).length;
      expect(whole).toBeGreaterThan(sized(200));
      const { request, answer } = await open();
      onTestFinished(() => void request.destroy());
      await once(answer, 'readable');
      answer.read();
      // Nobody reads on: what the sockets hold is all that is fetched ahead, of pages of a thousand.
      await exported();
      const ahead = statements.soFar().length - whole;
      expect(ahead).toBeGreaterThan(0);
      expect(ahead).toBeLessThan(whole);
      request.destroy();
      await once(request, 'close');
      // No connection of the pool is left behind.
      await vi.waitFor(
        () => {
          const { totalCount, idleCount } = clinic.db.$client;
          expect(idleCount).toBe(totalCount);
        },
        { timeout: 30_000 },
      );
    } finally {
      statements.restore();
    }
  });

  test('goes on for a program, until its key is revoked', async () => {
    await insertMany(2_500);
    const made = await clinic
      .as(people.admin)
      .post('/api-keys/', { name: 'Till', role: 'admin' })
      .expect(201);
    const program = { ...people.admin, token: made.body.key as string };
    expect(lines((await exported('', undefined, program)).text)).toHaveLength(2_500);
    const caller = { id: made.body.user, role: 'admin', session: 0, key: { id: made.body.id, scopes: [] } };
    const modules = createModules({ db: clinic.db, clock: clinic.clock, config: testConfig });
    const pages = await modules.appointments.export.readAll({}, caller as Caller);
    const read: number[] = [];
    const reading = (async () => {
      for await (const page of pages) {
        read.push(page.length);
        await clinic.as(people.admin).delete(`/api-keys/${made.body.id}/`).expect(204);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'invalid_token' });
    expect(read).toEqual([1_000]);
  });

  test('closes its connection when it breaks off, and its log line holds nobody’s data', async () => {
    await insertMany(20_000);
    const { answer } = await open();
    await once(answer, 'readable');
    const before = log.lines.length;
    await query('alter table appointments rename to appointments_gone');
    let broken: NodeJS.ErrnoException | undefined;
    try {
      for await (const _ of answer);
    } catch (error) {
      broken = error as NodeJS.ErrnoException;
    } finally {
      await query('alter table appointments_gone rename to appointments');
    }
    expect(broken?.code).toBe('ECONNRESET');
    expect(answer.complete).toBe(false);
    const said = await vi.waitFor(() => {
      const found = log.lines.slice(before).find((line) => line.includes('an export broke off'));
      if (!found) throw new Error('not said yet');
      return found;
    });
    expect(JSON.parse(said)).toMatchObject({ error: { type: 'DatabaseError', sqlstate: '42P01' } });
    expect(log.lines.slice(before).join('\n')).not.toMatch(/Aziza|Yusupov|Bulk|select "|after_date|2020-/);
  });

  test('is a problem like any other when it cannot begin', async () => {
    await query('alter table appointments rename to appointments_gone');
    try {
      const { status, headers, text } = await exported();
      expectProblem({ status, headers, body: JSON.parse(text) }, 'database_unavailable');
      expect(headers).not.toHaveProperty('content-disposition');
    } finally {
      await query('alter table appointments_gone rename to appointments');
    }
  });
});
