import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { insertSpecialization } from '../helpers/rows.ts';

/** Names and specializations as people of three languages and two scripts write them. */

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

/** Spellings of one word: each finds the other. */
const same = [
  // Uzbek in both scripts, with every apostrophe and none.
  ['Юсупов', 'Yusupov'],
  ['Юсупов', 'Iusupov'],
  ['Ўткир', 'Oʻtkir'],
  ['Ўткир', 'Otkir'],
  ["O'tkir", 'Oʼtkir'],
  ['O‘tkir', 'O`tkir'],
  ['O’tkir', 'O´tkir'],
  ['O′tkir', 'Oʹtkir'],
  ['Ғуломов', 'Gʻulomov'],
  ['Ғуломов', 'Гуломов'],
  ['Gulomov', 'Гуломов'],
  ['Ulugʻbek', 'Улуғбек'],
  ['Ulughbek', 'Улугбек'],
  ['Холматов', 'Xolmatov'],
  ['Холматов', 'Holmatov'],
  ['Kholmatov', 'Xolmatov'],
  ['Ҳасанов', 'Hasanov'],
  ['Хасанов', 'Ҳасанов'],
  ['Қодиров', 'Qodirov'],
  ['Кодиров', 'Qodirov'],
  ['Шаҳноза', 'Shahnoza'],
  ['Шахноза', 'Shaxnoza'],
  ['Чориев', 'Choriyev'],
  ['Чориев', 'Choriev'],
  ['Жўраев', 'Joʻrayev'],
  ['Джураев', 'Жураев'],
  ['Djalilov', 'Жалилов'],
  ['Ёқубов', 'Yoqubov'],
  ['Аъзамов', 'Aʼzamov'],
  ['Саъдулла', 'Sadulla'],
  ['Исҳоқов', 'Isʼhoqov'],
  ['Исхаков', 'Iskhakov'],
  ['Ishoqov', 'Исҳоқов'],
  ['Муҳаммад', 'Mukhammad'],
  ['Йўлдошев', 'Yoʻldoshev'],
  ['ЎКТАМ', 'oʻktam'],
  // Russian, and Russian names in Latin.
  ['Семёнова', 'Семенова'],
  ['Семёнова', 'Semyonova'],
  ['Семёнова', 'Semenova'],
  ['Фёдор', 'Fyodor'],
  ['Пётр', 'Petr'],
  ['Соловьёв', 'Solovyov'],
  ['Соловьев', "Solov'ev"],
  ['Елена', 'Yelena'],
  ['Эдуард', 'Eduard'],
  ['Цой', 'Tsoy'],
  ['Цой', 'Tsoi'],
  ['Щербаков', 'Shcherbakov'],
  ['Щербаков', 'Scherbakov'],
  ['Кузнецов', 'Kuznetsov'],
  ['Румянцев', 'Rumyansev'],
  ['Жуков', 'Zhukov'],
  ['Дмитрий', 'Dmitry'],
  ['Дмитрий', 'Dmitriy'],
  ['Сергей', 'Sergei'],
  ['Яковлев', 'Iakovlev'],
  ['Хворостовский', 'Khvorostovsky'],
  ['Александр', 'Alexandr'],
  ['Виктор', 'Victor'],
  // Karakalpak in both scripts.
  ['Әўезов', 'Áwezov'],
  ['Дәўлетов', 'Dáwletov'],
  ['Давлетов', 'Dawletov'],
  ['Ғарезов', 'Ǵarezov'],
  ['Қыдырбаев', 'Qıdırbaev'],
  ['Жаңабай', 'Jańabay'],
  ['Өтениязов', 'Óteniyazov'],
  ['Үсенов', 'Úsenov'],
  // Specializations.
  ['Кардиолог', 'Kardiolog'],
  ['Инфекционист', 'Infeksionist'],
  ['Офтальмолог', 'Oftalmolog'],
  ['Эндокринолог', 'Endokrinolog'],
  ['Психиатр', 'Psixiatr'],
  ['Нейрохирург', 'Neyroxirurg'],
  ['Акушер-гинеколог', 'Akusher ginekolog'],
  ['Жарроҳ', 'Jarroh'],
  ['Кўз шифокори', 'Koʻz shifokori'],
] as const;

/** Different words, none a part of the other: neither finds the other. */
const different = [
  ['Karimov', 'Rahimov'],
  ['Юсупов', 'Юнусов'],
  ['Yusupov', 'Юнусов'],
  ['Шарипов', 'Сарипов'],
  ['Sharipov', 'Саримов'],
  ['Чориев', 'Зориев'],
  ['Jalilov', 'Холилов'],
  ['Нурматов', 'Normatov'],
  ['Олимов', 'Alimov'],
  ['Шукуров', 'Sukurov'],
  ['Цой', 'Soyibov'],
  ['Tsoy', 'Чойбеков'],
  ['Гафуров', 'Kafurov'],
  ['Петров', 'Питиров'],
  ['Жуков', 'Зуков'],
  ['Zukov', 'Жуков'],
  ['Хасанов', 'Qosimov'],
  ['Ботиров', 'Вотиров'],
  ['Қодиров', 'Gʻodirov'],
  ['Үсенов', 'Есенов'],
  ['Ўринов', 'Уринова'],
  ['Дмитрий', 'Демитов'],
  ['Кардиолог', 'Radiolog'],
  ['Nevrolog', 'Нефролог'],
  ['Urolog', 'Онколог'],
] as const;

const finds = async (written: string, typed: string): Promise<boolean> => {
  const { rows } = await clinic.db.$client.query<{ found: boolean }>(
    `select bool_and(search_text($1) like search_pattern(word) or search_text($1) like search_plain_pattern(word)) as found
     from unnest(regexp_split_to_array($2, '\\s+')) word`,
    [written, typed],
  );
  return rows[0]?.found ?? false;
};
const forms = (word: string) => [word, word.normalize('NFD'), word.toUpperCase(), word.toLowerCase()];

describe('among doctors of all these names', () => {
  let patient: Person;
  beforeAll(async () => {
    patient = await clinic.person('patient');
    await clinic.db.$client.query(
      `with made as (
         insert into users (username, password_hash, role, last_name)
         select 'of.' || gen_random_uuid(), 'x', 'doctor', name from unnest($1::text[]) name returning id
       ) insert into doctor_profiles (id) select id from made`,
      [[...new Set([...same, ...different].flat())]],
    );
  });
  afterAll(async () => {
    await clinic.db.$client.query(`update users set is_active = false where username like 'of.%'`);
  });
  const foundBy = async (search: string): Promise<string[]> => {
    const query = new URLSearchParams({ search, page_size: '100' });
    const { body } = await clinic.as(patient).get(`/doctors/?${query}`).expect(200);
    return body.results.map(({ last_name }: { last_name: string }) => last_name);
  };

  test.each(same)('%s and %s find one another', async (one, other) => {
    for (const typed of [one, other])
      expect(await foundBy(typed)).toEqual(expect.arrayContaining([one, other]));
  });

  test.each(different)('%s and %s do not', async (one, other) => {
    const [byOne, byOther] = [await foundBy(one), await foundBy(other)];
    expect([byOne.includes(one), byOne.includes(other)]).toEqual([true, false]);
    expect([byOther.includes(other), byOther.includes(one)]).toEqual([true, false]);
  });
});

test.each(same)('%s and %s, composed or not, in any case', async (one, other) => {
  const missed: string[] = [];
  for (const [written, typed] of [
    [one, other],
    [other, one],
  ] as const)
    for (const text of forms(written))
      for (const word of forms(typed))
        if (!(await finds(text, word))) missed.push(`${word} does not find ${text}`);
  expect(missed).toEqual([]);
});

test('whatever part of a name one has typed so far finds it, in its own spelling', async () => {
  const { rows } = await clinic.db.$client.query<{ name: string; part: string }>(
    `select name, part
     from unnest($1::text[]) name, generate_series(1, length(name)) start, generate_series(1, length(name)) length,
       substr(name, start, length) part
     where start + length <= length(name) + 1 and part = trim(part)
       and not (search_text(name) like search_pattern(part) or search_text(name) like search_plain_pattern(part))`,
    [[...new Set(same.flat())]],
  );
  expect(rows).toEqual([]);
});

test('"Пётр" finds "Петров", as any part of a name does', async () => {
  expect(await finds('Петров', 'Пётр')).toBe(true);
  expect(await finds('Пётр', 'Петров')).toBe(false);
});

test('the longest text that is taken can be indexed, in whatever signs', async () => {
  const doctor = await clinic.person('doctor');
  for (const sign of ['ﷺ', 'ΐ', 'ц', 'щ', '№', '…']) {
    await insertSpecialization(clinic.db, sign.repeat(100 / sign.length));
    await clinic
      .as(doctor)
      .patch('/doctor/profile/', { specialization: sign.repeat(100 / sign.length) })
      .expect(200);
  }
});

describe('over HTTP', () => {
  let admin: Person;
  let patient: Person;
  const doctors: Record<string, Person> = {};
  const date = '2026-03-10';

  beforeAll(async () => {
    admin = await clinic.person('admin');
    patient = await clinic.person('patient', { first_name: 'Шаҳноза', last_name: 'Семёнова' });
    const add = async (name: string, first_name: string, last_name: string, specialization: string) => {
      doctors[name] = await clinic.person('doctor', { first_name, last_name, profile: { specialization } });
    };
    await add('latin', 'Oʻtkir', 'Yusupov', 'Kardiolog');
    await add('cyrillic', 'Ўктам', 'Холматов', 'Кардиолог');
    await add('other', 'Anna', 'Kim', 'Revmatolog');
  });
  const namesOf = ({ body }: { body: { results: { id: number }[] } }) => {
    const known = new Map(Object.entries(doctors).map(([name, { id }]) => [id, name]));
    return body.results.map(({ id }) => known.get(id)).sort();
  };
  const list = async (query: Record<string, string>) =>
    namesOf(
      await clinic
        .as(patient)
        .get(`/doctors/?${new URLSearchParams(query)}`)
        .expect(200),
    );

  test.each([
    ['Юсупов', ['latin']],
    ['уткир', []],
    ['ўткир юсуп', ['latin']],
    ['xolmatov', ['cyrillic']],
    ['HOLMATOV oktam', ['cyrillic']],
    ['кардио', ['cyrillic', 'latin']],
    ['kardio', ['cyrillic', 'latin']],
    ['юсупов кардиолог', ['latin']],
  ])('the directory searched for %j', async (search, expected) => {
    expect(await list({ search })).toEqual(expected);
  });

  test.each(['Kardiolog', 'кардиолог', 'КАРДИОЛОГ', 'kardiolog'])(
    'is one specialization everywhere, asked as %s',
    async (specialization) => {
      expect(await list({ specialization })).toEqual(['cyrillic', 'latin']);
      expect(await list({ specialization, search: 'xol' })).toEqual(['cyrillic']);
    },
  );

  test('the list of users, by whatever of them', async () => {
    const found = async (search: string) =>
      (
        await clinic
          .as(admin)
          .get(`/users/?${new URLSearchParams({ search, role: 'patient' })}`)
          .expect(200)
      ).body.results.map(({ id }: { id: number }) => id);
    for (const search of ['semyonova', 'Семенова', 'shahnoza semenova', 'Шахноза', patient.username])
      expect(await found(search), search).toEqual([patient.id]);
    expect(await found('semyonov shahlo')).toEqual([]);
    // What is searched changes with what it is made of.
    await clinic.as(admin).patch(`/users/${patient.id}/`, { last_name: 'Цой' }).expect(200);
    expect(await found('semyonova')).toEqual([]);
    expect(await found('tsoy')).toEqual([patient.id]);
  });

  test('the earliest-first search, the alternatives and the waiting list', async () => {
    const slots: Record<string, number> = {};
    for (const [name, doctor] of Object.entries(doctors)) slots[name] = await clinic.slot(doctor, { date });
    for (const specialization of ['Kardiolog', 'Кардиолог']) {
      const { body } = await clinic
        .as(patient)
        .get(`/timeslots/search/?${new URLSearchParams({ specialization })}`)
        .expect(200);
      expect(body.results.map(({ id }: { id: number }) => id).sort()).toEqual(
        [slots.latin, slots.cyrillic].sort(),
      );
    }
    await clinic.book(patient, slots.latin ?? 0);
    const second = await clinic.person('patient');
    const { body: refused } = await clinic
      .as(second)
      .post('/appointments/', { timeslot: slots.latin })
      .expect(409);
    expect(refused.alternatives.map(({ id }: { id: number }) => id)).toEqual([slots.cyrillic]);
    // Two wishes for one specialization are one.
    const wish = { from: '2026-03-11', to: '2026-03-20' };
    await clinic
      .as(second)
      .post('/waitlist/', { ...wish, specialization: 'Kardiolog' })
      .expect(201);
    const { body: again } = await clinic
      .as(second)
      .post('/waitlist/', { ...wish, specialization: 'КАРДИОЛОГ' })
      .expect(409);
    expect(again.code).toBe('already_waiting');
    // And a slot of whoever writes it in the other script is theirs.
    const freed = await clinic.slot(doctors.cyrillic as Person, { date: '2026-03-12' });
    const { rows } = await clinic.db.$client.query('select is_waitlisted from timeslots where id = $1', [
      freed,
    ]);
    expect(rows).toEqual([{ is_waitlisted: true }]);
  });

  test('statistics: one row, with the name that the clinic gives it', async () => {
    await clinic.person('doctor', { profile: { specialization: 'КАРДИОЛОГ' } });
    const { body: listed } = await clinic.as(admin).get('/specializations/?page_size=100').expect(200);
    const { id } = listed.results.find(({ name }: { name: string }) => name === 'Kardiolog');
    await clinic.as(admin).patch(`/specializations/${id}/`, { name: 'Кардиолог' }).expect(200);
    const rowsFor = async (language: string) => {
      const { body } = await clinic
        .as(admin)
        .get(`/statistics/?from=${date}&to=${date}&by=specialization`)
        .set('accept-language', language)
        .expect(200);
      return body.rows.map(({ specialization, published }: Record<string, unknown>) => [
        specialization,
        published,
      ]);
    };
    const [cardiology, rheumatology] = [
      ['Кардиолог', 2],
      ['Revmatolog', 1],
    ];
    // In the order of the reader's alphabet.
    expect(await rowsFor('uz')).toEqual([cardiology, rheumatology]);
    expect(await rowsFor('en')).toEqual([rheumatology, cardiology]);
  });
});
