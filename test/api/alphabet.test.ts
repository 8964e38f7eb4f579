import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';

/** Lists by name follow the alphabet of whoever reads them. */

let clinic: TestApp;
let patient: Person;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  patient = await clinic.person('patient');
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

/** In the order of each alphabet; what stands in one list is equal, and goes by the first name. */
const alphabets: Record<string, string[][]> = {
  uz: [
    ['Abdullayev'],
    ['Áwezov'],
    ['Doriyev'],
    ['Gafurov', 'Гафуров'],
    ["Is'hoqov", 'Исҳоқов'],
    ['Ishoqov'],
    ['Норматов'],
    ['Olimov'],
    ['Саидов', 'Saidov'],
    ['Suvonov'],
    ['Yermolova', 'Ермолова'],
    ['Юсупов', 'Yusupov'],
    ['Zokirov'],
    ['Oʻrinov', "O'rinov", 'O‘rinov', 'Oʼrinov', 'O’rinov', 'O`rinov', 'O´rinov', 'Ўринов'],
    ['Oʻtkirov', 'O‘tkirov'],
    ['Gʻaniyev', "G'aniyev", 'Gʼaniyev'],
    ['Sharipov', 'Шарипов'],
    ['Choriyev', 'Чориев'],
  ],
  ru: [
    ['Гафуров', 'Ғафуров'],
    ['Ёлкин', 'Елкин'],
    ['Ермолова'],
    ['Жуков'],
    ['Кодиров', 'Қодиров'],
    ['Саидов'],
    ['Уринов', 'Ўринов'],
    ['Чориев'],
    ['Шарипов'],
    ['Щербаков'],
    ['Яшин'],
    ['Abdullayev'],
    ['Oʻrinov', 'O‘rinov'],
    ['Zokirov'],
  ],
  en: [
    ['Abdullayev'],
    ['Áwezov', 'Awezov'],
    ['Choriyev'],
    ['de Jong'],
    ['Gʻaniyev', "G'aniyev"],
    ['Olimov'],
    ['O’rinov', "O'rinov", 'Orinov'],
    ['Sharipov'],
    ['under_score'],
    ['Yusupov'],
    ['Zokirov'],
    ['Ёлкин'],
    ['Жуков'],
    ['Ўткиров'],
  ],
};

/** Doctors of these names, put in in some other order, each list's with first names that put them in order. */
async function fill(groups: string[][]): Promise<string[]> {
  await clinic.db.$client.query("update users set is_active = false where role = 'doctor'");
  const named = groups.flatMap((group) =>
    group.map((last_name, index) => ({ last_name, first_name: `${String.fromCharCode(65 + index)}li` })),
  );
  await clinic.db.$client.query(
    `with made as (
       insert into users (username, password_hash, role, first_name, last_name)
       select 'd' || gen_random_uuid(), 'x', 'doctor', d.first_name, d.last_name
       from jsonb_to_recordset($1) as d (first_name text, last_name text) order by md5(d.last_name) returning id
     ) insert into doctor_profiles (id) select id from made`,
    [JSON.stringify(named)],
  );
  return named.map(({ first_name, last_name }) => `${last_name} ${first_name}`);
}
const nameOf = ({ first_name, last_name }: { first_name: string; last_name: string }) =>
  `${last_name} ${first_name}`;

describe.each(Object.entries(alphabets))('who reads %s', (language, groups) => {
  let expected: string[];
  beforeAll(async () => {
    expected = await fill(groups);
  });

  test('finds the directory in that order, page by page', async () => {
    const pages: string[] = [];
    for (let page = 1; (page - 1) * 7 < expected.length; page += 1) {
      const { body, headers } = await clinic
        .as(patient)
        .get(`/doctors/?page=${page}&page_size=7`)
        .set('accept-language', `${language}-UZ,${language};q=0.9`)
        .expect(200);
      expect(headers.vary).toContain('accept-language');
      pages.push(...body.results.map(nameOf));
    }
    expect(pages).toEqual(expected);
  });

  test('and a search of it, and statistics by doctor', async () => {
    const { body } = await clinic
      .as(patient)
      .get('/doctors/?search=li&page_size=100')
      .set('accept-language', language)
      .expect(200);
    expect(body.results.map(nameOf)).toEqual(expected);
    await clinic.db.$client.query(
      `insert into timeslots (doctor_id, date, start_time, end_time)
       select id, '2026-04-01', '10:00', '10:30' from users where role = 'doctor' and is_active`,
    );
    const counted = await clinic
      .as(admin)
      .get('/statistics/?from=2026-04-01&to=2026-04-01&by=doctor')
      .set('accept-language', language)
      .expect(200);
    expect(
      counted.body.rows.map(({ doctor }: { doctor: { first_name: string; last_name: string } }) =>
        nameOf(doctor),
      ),
    ).toEqual(expected);
    await clinic.db.$client.query('delete from timeslots');
  });
});

test('what is remembered of one alphabet is not shown to who reads another', async () => {
  await fill([['Ўринов'], ['Zokirov'], ['Abdullayev']]);
  const first = async (language: string) =>
    (await clinic.as(patient).get('/doctors/').set('accept-language', language).expect(200)).body.results[0]
      .last_name;
  for (const _ of [1, 2])
    expect([await first('ru'), await first('en'), await first('uz')]).toEqual([
      'Ўринов',
      'Abdullayev',
      'Abdullayev',
    ]);
});

test('the order comes from an index, not from sorting everybody', async () => {
  for (const reader of ['uz', 'ru', 'en']) {
    const { rows } = await clinic.db.$client.query<{ 'QUERY PLAN': string }>(
      `explain select id from users where role = 'doctor' and is_active
       order by name_order(last_name, '${reader}') collate "C", name_order(first_name, '${reader}') collate "C", id limit 20`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain(`users_directory_${reader}`);
    expect(plan).not.toContain('Sort');
  }
});

test('names without anything, and the longest there are, have their place', async () => {
  const names = ['', "'", '   ', 'x'.repeat(100), 'ﷺ'.repeat(100), '漢字'].map((name) => [name]);
  for (const reader of ['uz', 'ru', 'en']) {
    const { rows } = await clinic.db.$client.query<{ place: string }>(
      `select name_order(name, $2) as place from unnest($1::text[]) name`,
      [names.flat(), reader],
    );
    for (const { place } of rows) expect(Buffer.byteLength(place)).toBeLessThanOrEqual(1_200);
  }
  const { rows } = await clinic.db.$client.query(`select name_order(null, 'uz') as place`);
  expect(rows).toEqual([{ place: null }]);
});
