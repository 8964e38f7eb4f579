import { demo } from '../../core/demo.ts';

/** The people of the demo clinic, each with a fixed id. Those of the examples have the ids of core/demo.ts. */

/** Their ids follow the example's doctor's, in this order, and end before the newcomer's of core/demo. */
const OTHER_DOCTORS = [
  ['dilnoza.rahimova', 'Dilnoza', 'Rahimova', 'Pediatr', 9, 'female'],
  ['bobur.toshmatov', 'Bobur', 'Toshmatov', 'Nevrolog', 21, 'male'],
  ['gulnora.ergasheva', 'Gulnora', 'Ergasheva', 'Ginekolog', 17, 'female'],
  ['otabek.gulomov', 'Oʻtkir', 'Gʻulomov', 'Travmatolog', 11, 'male'],
  ['nigora.saidova', 'Nigora', 'Saidova', 'Dermatolog', 6, 'female'],
  ['sherzod.alimov', 'Sherzod', 'Alimov', 'Urolog', 19, 'male'],
  ['malika.usmonova', 'Malika', 'Usmonova', 'Oftalmolog', 8, 'female'],
  ['rustam.qodirov', 'Rustam', 'Qodirov', 'Jarroh', 25, 'male'],
  ['zulfiya.nazarova', 'Zulfiya', 'Nazarova', 'Endokrinolog', 13, 'female'],
  ['farhod.ismoilov', 'Farhod', 'Ismoilov', 'Stomatolog', 5, 'male'],
  ['shahnoza.oripova', 'Shahnoza', 'Oripova', 'Terapevt', 16, 'female'],
  ['ulugbek.xolmatov', 'Ulugʻbek', 'Xolmatov', 'Otorinolaringolog', 10, 'male'],
  ['kamola.abdullayeva', 'Kamola', 'Abdullayeva', 'Kardiolog', 7, 'female'],
  ['davron.mirzayev', 'Davron', 'Mirzayev', 'Gastroenterolog', 18, 'male'],
  ['feruza.sobirova', 'Feruza', 'Sobirova', 'Terapevt', 4, 'female'],
] as const;

/** Beside the demo doctor's: in Uzbek, which is the clinic's language, in Russian and in English. */
export const OTHER_SPECIALIZATIONS = [
  ['Pediatr', 'Педиатр', 'Pediatrician'],
  ['Nevrolog', 'Невролог', 'Neurologist'],
  ['Ginekolog', 'Гинеколог', 'Gynaecologist'],
  ['Travmatolog', 'Травматолог', 'Trauma surgeon'],
  ['Dermatolog', 'Дерматолог', 'Dermatologist'],
  ['Urolog', 'Уролог', 'Urologist'],
  ['Oftalmolog', 'Офтальмолог', 'Ophthalmologist'],
  ['Jarroh', 'Хирург', 'Surgeon'],
  ['Endokrinolog', 'Эндокринолог', 'Endocrinologist'],
  ['Stomatolog', 'Стоматолог', 'Dentist'],
  ['Terapevt', 'Терапевт', 'General practitioner'],
  ['Otorinolaringolog', 'Оториноларинголог', 'Otolaryngologist'],
  ['Gastroenterolog', 'Гастроэнтеролог', 'Gastroenterologist'],
] as const;

const FIRST_NAMES = [
  'Aziza',
  'Madina',
  'Sevara',
  'Nodira',
  'Iroda',
  'Akmal',
  'Sardor',
  'Jahongir',
  'Timur',
  'Oybek',
];
const LAST_NAMES = [
  'Karimova',
  'Umarova',
  'Yoʻldosheva',
  'Hamidova',
  'Tursunova',
  'Rashidov',
  'Abduvaliyev',
  'Sodiqov',
];

/** The demo doctor, then the others, whose ids follow. */
export const doctors = [
  { ...demo.doctor.name, ...demo.doctor },
  ...OTHER_DOCTORS.map(
    ([username, first_name, last_name, specialization, experience_years, gender], index) => ({
      id: demo.doctor.id + 1 + index,
      username,
      first_name,
      last_name,
      specialization,
      experience_years,
      gender,
      phone: null,
    }),
  ),
].map(({ id, username, first_name, last_name, specialization, experience_years, gender, phone }) => ({
  id,
  username,
  first_name,
  last_name,
  specialization,
  experience_years,
  gender,
  phone,
}));

const PATIENTS = 60;
/** The first patients' ids lie between the admin's and the demo doctor's. The others' come after all doctors'. */
const FIRST_PATIENTS = { from: demo.admin.name.id + 1, to: demo.doctor.id - 1 };

/** First and last name have the same gender: the first five of each list are women's. */
function patientAt(index: number) {
  const female = index % 2 === 0;
  const first = FIRST_NAMES[(Math.floor(index / 2) % 5) + (female ? 0 : 5)] ?? '';
  const lasts = female ? LAST_NAMES.slice(0, 5) : LAST_NAMES.slice(5);
  const last = lasts[Math.floor(index / 10) % lasts.length] ?? '';
  return {
    username: `patient${index}`,
    first_name: first,
    last_name: last,
    phone: `+9989${index % 2}${String(1_000_000 + index * 7_919).slice(0, 7)}`,
    gender: female ? 'female' : 'male',
    date_of_birth: `${1950 + ((index * 7) % 60)}-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`,
  };
}

/** Without a sign-in, so that nobody can type the user name. */
const child = {
  ...demo.child.name,
  username: '~00000000-0000-4000-8000-000000000009',
  phone: null,
  email: null,
  gender: demo.child.gender,
  date_of_birth: demo.child.date_of_birth,
};

export const patients = Array.from({ length: PATIENTS }, (_, index) => {
  const among_first = FIRST_PATIENTS.from + index;
  const id = among_first <= FIRST_PATIENTS.to ? among_first : demo.newcomer.id + index;
  if (id === demo.child.id) return child;
  if (id !== demo.patient.id) return { id, ...patientAt(index), email: null };
  const { username, phone, email, gender, date_of_birth, name } = demo.patient;
  return { ...name, username, phone, email, gender, date_of_birth };
});
