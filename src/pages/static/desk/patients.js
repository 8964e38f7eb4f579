import { get, newKey, post, query } from '../shared/api.js';
import { announce, h, put } from '../shared/dom.js';
import { dateText, many, personName, phoneText, t } from '../shared/text.js';
import { action, empty, field, form, later } from '../shared/ui.js';

/** Finding a patient by name or phone, in either script, or registering them. */

const TYPING = 250;
const DIGITS = 9;
const LETTERS = 3;

/** What the words in the box ask for; undefined while they are too few. */
function wanted(text) {
  const digits = text.replace(/\D/g, '');
  if (/^[\d\s()+-]+$/.test(text)) return digits.length >= DIGITS ? { phone: text } : undefined;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters >= LETTERS ? { search: text } : undefined;
}

/** What tells people of one name apart. */
export const about = ({ phone, date_of_birth }) =>
  [phone && phoneText(phone), date_of_birth && dateText(date_of_birth)].filter(Boolean).join(' · ');

const found = (patient, choose) =>
  h(
    'li',
    {},
    h(
      'button',
      { type: 'button', class: 'person', onclick: () => choose(patient) },
      h('strong', {}, personName(patient)),
      h('small', {}, about(patient)),
    ),
  );

/** @param choose is told who it is */
export function findPatient(place, choose, { suggested = [], text = '' } = {}) {
  const results = h('div', { class: 'results' });
  let typing;
  const look = (value) =>
    later(results, async (isCurrent) => {
      const what = wanted(value);
      if (!what) return value.trim() !== '' && h('p', { class: 'hint' }, t('say_more'));
      const { results: people } = await get(`/patients/${query({ ...what, page_size: 20 })}`).catch(
        (error) => {
          // What can't be a phone number is nobody's.
          if (error.status !== 400) throw error;
          return { results: [] };
        },
      );
      if (isCurrent()) announce(many('patients_found', people.length));
      if (people.length === 0) return empty(t('nobody_found'));
      return h(
        'ul',
        { class: 'people' },
        people.map((patient) => found(patient, choose)),
      );
    });
  const input = h('input', {
    type: 'search',
    autocomplete: 'off',
    'aria-label': t('find_patient'),
    placeholder: t('find_patient'),
    value: text,
    oninput: ({ target }) => {
      clearTimeout(typing);
      typing = setTimeout(() => look(target.value), TYPING);
    },
  });
  put(
    place,
    suggested.length > 0 && [
      h('h3', {}, t('waiting_for_this')),
      h(
        'ul',
        { class: 'people' },
        suggested.map((patient) => found(patient, choose)),
      ),
    ],
    input,
    results,
    action(t('register_patient'), () => register(place, choose, input.value)),
  );
  input.focus();
}

function register(place, choose, typed) {
  const [last_name = '', first_name = ''] = wanted(typed)?.phone ? [] : typed.trim().split(/\s+/);
  const send = async ({ gender, ...values }, confirm_new) => {
    try {
      const body = { first_name: '', last_name: '', ...values, gender, confirm_new };
      choose(await post('/patients/', body, { key: newKey() }));
    } catch (error) {
      if (error.code !== 'patient_may_exist') throw error;
      put(
        place,
        h('p', { role: 'alert' }, t('may_exist')),
        h(
          'ul',
          { class: 'people' },
          (error.candidates ?? []).map((patient) => found(patient, choose)),
        ),
        action(t('somebody_new'), () => send({ gender, ...values }, true)),
      );
      place.querySelector('button')?.focus();
    }
  };
  const element = form(
    [
      field('last_name', t('last_name'), { autocomplete: 'off', value: last_name }),
      field('first_name', t('first_name'), { autocomplete: 'off', value: first_name }),
      field('phone', t('phone'), { type: 'tel', autocomplete: 'off', value: wanted(typed)?.phone }),
      field('date_of_birth', t('date_of_birth'), { type: 'date' }),
      field('gender', t('gender'), {
        options: [
          { value: '', label: '—' },
          ...['female', 'male'].map((value) => ({ value, label: t(`gender_${value}`) })),
        ],
      }),
    ],
    t('register'),
    (values) => send(values),
  );
  put(
    place,
    element,
    action(t('back'), () => findPatient(place, choose, { text: typed })),
  );
  element.querySelector('input').focus();
}
