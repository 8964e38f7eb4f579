import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';

/** Patients are found whichever script and spelling their name was written down in, and whichever one types. */

/** Spellings of one name: each finds the other. No name is a part of another here. */
const same = [
  // Uzbek.
  ['Абдураҳмонов', 'Abdurahmonov'],
  ['Абдурахмонов', 'Abdurakhmonov'],
  ['Тўхтаева', 'Toʻxtayeva'],
  ['Тухтаева', 'Tuxtayeva'],
  ['Ғаниева', 'Gʻaniyeva'],
  ['Ганиева', "G'aniyeva"],
  ['Мирзиёева', 'Mirziyoyeva'],
  ['Бўриев', 'Boʻriyev'],
  ['Қосимжонова', 'Qosimjonova'],
  ['Касымжанова', 'Qasimjanova'],
  ['Раззоқов', 'Razzoqov'],
  ['Шерғозиев', 'Shergʻoziyev'],
  ['Эгамбердиева', 'Egamberdiyeva'],
  ['Ўрозбоев', 'Oʻrozboyev'],
  ['Урозбоев', 'Urozboyev'],
  ['Йўлчиева', 'Yoʻlchiyeva'],
  ['Нуъмонов', 'Nuʼmonov'],
  ['Маъруфжон', 'Maʼrufjon'],
  ['Жамшид', 'Jamshid'],
  ['Джавлон', 'Djavlon'],
  ['Чўлпоной', 'Choʻlponoy'],
  ['Ойжамол', 'Oyjamol'],
  ['Зулфизар', 'Zulfizar'],
  ['Хуршидабону', 'Xurshidabonu'],
  ['Ҳулкар', 'Hulkar'],
  ['Ёркиной', 'Yorqinoy'],
  ['Ислом', 'Islom'],
  ['Воҳиджон', 'Vohidjon'],
  // Russian.
  ['Королёв', 'Korolyov'],
  ['Воробьёва', 'Vorobyova'],
  ['Чернышёв', 'Chernyshev'],
  ['Щукин', 'Shchukin'],
  ['Царёв', 'Tsarev'],
  ['Жданова', 'Zhdanova'],
  ['Ефимов', 'Yefimov'],
  ['Юдинцев', 'Yudintsev'],
  ['Артемий', 'Artemy'],
  ['Гурьянов', 'Guryanov'],
  ['Харитон', 'Khariton'],
  ['Бережной', 'Berezhnoi'],
  // Karakalpak.
  ['Әбдиреймов', 'Ábdireymov'],
  ['Сәўбетов', 'Sáwbetov'],
  ['Ғайыпов', 'Ǵayıpov'],
  ['Қәллибекова', 'Qállibekova'],
  ['Жумаңазаров', 'Jumańazarov'],
  ['Өтемуратова', 'Ótemuratova'],
  ['Әйтжанова', 'Áytjanova'],
  ['Айымбетов', 'Ayımbetov'],
] as const;

/** Different names that look or sound alike: neither finds the other. */
const different = [
  ['Тошматов', 'Эшматов'],
  ['Toshpoʻlatov', 'Tojiboyev'],
  ['Собиров', 'Sodirov'],
  ['Расулов', 'Rashulov'],
  ['Назарова', 'Nizorova'],
  ['Махмудова', 'Максудова'],
  ['Mahkamova', 'Максумова'],
  ['Саттаров', 'Саддаров'],
  ['Choriyev', 'Шориев'],
  ['Зокиров', 'Jokirov'],
  ['Нурмухамедов', 'Нормухамедов'],
  ['Хакимова', 'Холимова'],
  ['Gʻofurova', 'Қофурова'],
  ['Волков', 'Белков'],
  ['Щедрин', 'Чедрин'],
  ['Журавлёв', 'Зуравлев'],
  ['Лебедев', 'Либедов'],
  ['Цветков', 'Чветков'],
  ['Өтепов', 'Етепов'],
  ['Áliev', 'Éliev'],
  ['Qaniyazov', 'Xaniyazov'],
  ['Даниярова', 'Данилова'],
] as const;

let clinic: TestApp;
let clerk: Person;
beforeAll(async () => {
  clinic = await testApp();
  clerk = await clinic.person('receptionist');
  await clinic.db.$client.query(
    `with made as (
       insert into users (username, role, first_name, last_name)
       select '~' || gen_random_uuid(), 'patient', 'Bemor', name from unnest($1::text[]) name returning id
     ) insert into patient_profiles (id, is_from_desk) select id, true from made`,
    [[...new Set([...same, ...different].flat())]],
  );
});
afterAll(() => clinic.close());

async function foundBy(search: string): Promise<string[]> {
  const query = new URLSearchParams({ search, page_size: '100' });
  const { body } = await clinic.as(clerk).get(`/patients/?${query}`).expect(200);
  return body.results.map(({ last_name }: { last_name: string }) => last_name);
}

test('the tables are as long as they have to be', () => {
  expect(same.length).toBeGreaterThanOrEqual(40);
  expect(different.length).toBeGreaterThanOrEqual(20);
  const names = [...same, ...different].flat();
  expect(new Set(names).size).toBe(names.length);
  // No name is found because it stands within one of another pair.
  const pairs = [...same, ...different].map((pair) => pair.map((name) => name.toLowerCase()));
  for (const pair of pairs)
    for (const name of pair)
      expect(pairs.filter((other) => other.some((one) => one.includes(name)))).toEqual([pair]);
});

test.each(same)('%s and %s find one another', async (one, other) => {
  for (const typed of [one, other, one.toUpperCase(), other.toLowerCase(), other.normalize('NFD')])
    expect(await foundBy(typed), typed).toEqual(expect.arrayContaining([one, other]));
});

test.each(different)('%s and %s do not find one another', async (one, other) => {
  const [byOne, byOther] = [await foundBy(one), await foundBy(other)];
  expect([byOne.includes(one), byOne.includes(other)]).toEqual([true, false]);
  expect([byOther.includes(other), byOther.includes(one)]).toEqual([true, false]);
});

test('the first three letters of any name find it, in its own spelling, and with the beginning of the first name', async () => {
  for (const name of [...same, ...different].flat()) {
    const letters = name
      .normalize('NFC')
      .replaceAll(/[^\p{L}]/gu, '')
      .slice(0, 3);
    if (letters.length < 3 || !name.startsWith(letters)) continue;
    expect(await foundBy(letters), letters).toContain(name);
    expect(await foundBy(`${letters} be`), letters).toContain(name);
  }
});
