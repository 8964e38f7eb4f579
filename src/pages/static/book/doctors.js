import { get, query } from '../shared/api.js';
import { practised, specialityName, today } from '../shared/clinic.js';
import { announce, byId, h, show } from '../shared/dom.js';
import { go, link, route } from '../shared/route.js';
import { language, many, personName, shortDay, t } from '../shared/text.js';
import { action, empty, later, portrait } from '../shared/ui.js';

/** The first step: whom to see. */

const PAGE = 100;
/** Of how many doctors the first time is asked for one by one. */
const ASKED = 10;
const TYPING = 300;

const whenOf = (slot) => t('earliest', { day: shortDay(slot.date, today()), time: slot.start_time });

/** @param slot null where it is not known */
function card(doctor, slot) {
  const years = doctor.experience_years ? many('experience', doctor.experience_years) : '';
  return h(
    'li',
    {},
    h(
      'a',
      { class: 'card doctor', ...link({ doctor: doctor.id }) },
      portrait(doctor),
      h(
        'span',
        { class: 'about' },
        h('strong', {}, personName(doctor)),
        h('span', {}, [specialityName(doctor.specialization), years].filter(Boolean).join(' · ')),
        slot !== null &&
          h('span', { class: slot ? 'when' : 'when none' }, slot ? whenOf(slot) : t('nothing_free')),
      ),
    ),
  );
}

/** Whoever can see one first stands first. */
function byEarliest(doctors, first) {
  const at = ({ id }) => {
    const slot = first.get(id);
    if (slot) return `${slot.date} ${slot.start_time}`;
    return slot === null ? '98' : '99';
  };
  return [...doctors].sort((one, other) => at(one).localeCompare(at(other)));
}

/** @param to.search what is typed, @param to.specialization by the API's name */
export async function readDoctors({ search, specialization }) {
  const [doctors, slots] = await Promise.all([
    get(`/doctors/${query({ search, specialization, page_size: PAGE })}`),
    get(`/timeslots/search/${query({ specialization, per_doctor: 1, page_size: PAGE })}`),
  ]);
  const first = new Map(slots.results.map((slot) => [slot.doctor.id, slot]));
  // In a large clinic others come first: of whoever stands behind them it is asked apart, or not known.
  const behind = slots.next ? doctors.results.filter(({ id }) => !first.has(id)) : [];
  const own = ({ id }) => get(`/timeslots/search/${query({ doctor: id, page_size: 1 })}`);
  const found = await Promise.all(behind.length <= ASKED ? behind.map(own) : []);
  behind.forEach(({ id }, index) => {
    first.set(id, found.length > 0 ? found[index].results[0] : null);
  });
  return { doctors, first };
}

function chips(chosen) {
  const order = new Intl.Collator(language);
  const specialities = practised().sort((one, other) =>
    order.compare(specialityName(one), specialityName(other)),
  );
  if (specialities.length < 2) return undefined;
  const chip = (label, to, is) =>
    h('a', { ...link(to), class: 'chip', 'aria-current': is ? 'true' : undefined }, label);
  return h(
    'nav',
    { class: 'chips', 'aria-label': t('specialities') },
    chip(t('all'), {}, !chosen),
    specialities.map((name) => chip(specialityName(name), { specialization: name }, name === chosen)),
  );
}

function results({ doctors, first }, { specialization }) {
  if (doctors.results.length === 0)
    return empty(
      t('no_doctor'),
      action(t('show_all'), () => go({}), { className: 'primary' }),
    );
  const list = byEarliest(doctors.results, first);
  const soonest = list.length > 1 && specialization ? first.get(list[0].id) : undefined;
  return [
    soonest &&
      h(
        'a',
        { class: 'card any', ...link({ any: 1, specialization }) },
        h('strong', {}, t('any_doctor')),
        h('span', { class: 'when' }, whenOf(soonest)),
      ),
    h(
      'ul',
      { class: 'cards' },
      list.map((doctor) => card(doctor, first.get(doctor.id))),
    ),
    doctors.next && h('p', { class: 'hint' }, t('more_doctors')),
  ];
}

/** @param found what was asked for before the page knew anything else */
export async function doctorsView({ search: sought, specialization }, isCurrent, found) {
  if (!isCurrent()) return;
  const place = h('div', {}, results(found, { specialization }));
  let typing;
  const search = h('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    'aria-label': t('search'),
    placeholder: t('search'),
    value: sought,
    oninput: () => {
      clearTimeout(typing);
      typing = setTimeout(find, TYPING);
    },
  });
  const find = () =>
    later(place, async (isLatest) => {
      const typed = search.value.trim() || undefined;
      const next = await readDoctors({ search: typed, specialization });
      if (isLatest() && place.isConnected) {
        // A reload, and the way back from a doctor, lead to what was found.
        history.replaceState(null, '', link({ ...route(), search: typed }).href);
        announce(many('doctors_found', next.doctors.results.length));
      }
      return results(next, { specialization });
    });
  show(t('book_title'), h('p', { class: 'lead' }, t('book_lead')), search, chips(specialization), place);
  byId('view').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}
