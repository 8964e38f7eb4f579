import { get, query } from '../shared/api.js';
import { hasBranches, specialityName, today, whom } from '../shared/clinic.js';
import { h, put, show } from '../shared/dom.js';
import { go, link } from '../shared/route.js';
import { dayHeading, many, t } from '../shared/text.js';
import { action, empty, note, portrait } from '../shared/ui.js';
import { movedVisit, moveTo } from './moving.js';
import { byDay, choose, slotButton } from './slot-buttons.js';
import { branchName, summary } from './summary.js';

/** The second step: when. */

const PAGE = 100;
const DAYS = 4;
/** Times of day, by their bounds. */
const PARTS = {
  any: {},
  morning: { before: '12:00' },
  afternoon: { after: '12:00', before: '17:00' },
  evening: { after: '17:00' },
};

const doctorHead = (doctor) =>
  h(
    'div',
    { class: 'doctor head' },
    portrait(doctor),
    h(
      'div',
      { class: 'about' },
      h('span', {}, specialityName(doctor.specialization)),
      doctor.experience_years ? h('span', {}, many('experience', doctor.experience_years)) : undefined,
    ),
  );

const filters = (to) =>
  h(
    'div',
    { class: 'filters' },
    h(
      'label',
      {},
      h('span', {}, t('from_day')),
      h('input', {
        type: 'date',
        min: today(),
        value: to.from ?? today(),
        onchange: ({ target }) => go({ ...to, from: target.value }, { replace: true }),
      }),
    ),
    h(
      'label',
      {},
      h('span', {}, t('time_of_day')),
      h(
        'select',
        { onchange: ({ target }) => go({ ...to, part: target.value }, { replace: true }) },
        Object.keys(PARTS).map((part) =>
          h('option', { value: part, selected: part === (to.part ?? 'any') }, t(`part_${part}`)),
        ),
      ),
    ),
  );

/** Several doctors' times stand under each doctor's name only where they are told apart. */
function dayOf([day, slots], pick, withDoctor) {
  return h(
    'section',
    { class: 'day' },
    h('h2', {}, dayHeading(day, today())),
    h(
      'ul',
      { class: withDoctor ? 'slots wide' : 'slots' },
      slots.map((slot) =>
        h(
          'li',
          {},
          slotButton(slot, pick, { withDoctor }),
          hasBranches() && h('small', {}, branchName(slot.branch)),
        ),
      ),
    ),
  );
}

const readDoctor = (id) => get(`/doctors/${id}/`);

/** Whom a visit moves to: its doctor or, where they work here no more, another one of the speciality. */
async function whomToMoveTo({ doctor }) {
  try {
    await readDoctor(doctor.id);
    return { doctor: doctor.id };
  } catch (error) {
    if (error.code !== 'doctor_not_found' || doctor.specialization === null) throw error;
    return { specialization: doctor.specialization };
  }
}

export async function timesView(to, isCurrent) {
  const { move } = to;
  const visit = move ? await movedVisit(move) : undefined;
  const { doctor, specialization } = visit ? await whomToMoveTo(visit) : to;
  const asked = {
    doctor,
    specialization,
    service: visit?.service?.id,
    from: to.from,
    ...PARTS[to.part ?? 'any'],
    page_size: PAGE,
  };
  const load = (page) => get(`/timeslots/search/${query({ ...asked, page })}`);
  const [about, first] = await Promise.all([doctor ? readDoctor(doctor) : undefined, load(1)]);
  if (!isCurrent()) return;

  const slots = new Map();
  let page = 0;
  let next;
  let shown = DAYS;
  const add = (answer) => {
    page += 1;
    next = answer.next;
    for (const slot of answer.results) slots.set(slot.id, slot);
  };
  add(first);
  const place = h('div', {});
  const pick = visit ? (slot) => moveTo(visit, slot) : (slot) => choose(slot);
  async function more() {
    const before = place.querySelectorAll('.day').length;
    shown += DAYS;
    if (next && byDay(slots.values()).length <= shown) add(await load(page + 1));
    draw();
    place.querySelectorAll('.day')[before]?.querySelector('button')?.focus();
  }
  function draw() {
    const days = byDay(slots.values());
    put(
      place,
      days.length === 0 && empty(t('no_times')),
      days.slice(0, shown).map((day) => dayOf(day, pick, !doctor)),
      (days.length > shown || next) && action(t('more_days'), more),
    );
  }
  draw();
  const wish = doctor ? { doctor } : { specialization };
  show(
    whom({ doctor: about, specialization }),
    h(
      'a',
      { class: 'back', ...link(visit ? { view: 'visits' } : specialization ? { specialization } : {}) },
      t('back'),
    ),
    about && doctorHead(about),
    visit && h('div', { class: 'card' }, h('p', {}, t('move_lead')), summary(visit)),
    filters(to),
    place,
    h(
      'p',
      { class: 'lead' },
      t('none_suits'),
      ' ',
      h('a', link({ view: 'wait', ...wish, replaces: move }), t('join_waiting_list')),
    ),
  );
  if (to.gone) note(t('slot_gone'), 'bad');
}
