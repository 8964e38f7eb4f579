import { isDoctor, mayComplete } from '../shared/caller.js';
import { now, specialityName } from '../shared/clinic.js';
import { byId, h, keepFocus, put } from '../shared/dom.js';
import { named, personName, serviceName, t } from '../shared/text.js';
import { note } from '../shared/ui.js';
import { acts, move } from './acts.js';
import { bookingDialog } from './booking.js';
import { carriedId, cut, drop, isCarrying, letGo } from './carry.js';
import { shown, stateOf, visitBy } from './day-data.js';
import { visitDialog } from './visit.js';

/** The day as a table: a column for each doctor or room, a row for each time at which something begins or ends. */

/** Beside the colour, for whoever does not tell colours apart. */
export const SIGNS = {
  pending: '?',
  confirmed: '○',
  arrived: '●',
  completed: '✓',
  no_show: '✕',
  free: '+',
  kept: '…',
  over: '',
};
const sign = (state) => h('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[state]);
/** Height of a minute, in rem: half an hour holds two lines and a button. */
const MINUTE = 0.165;

const minutesOf = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** @returns columns `{key, name, about, entries}`, those without entries left out */
function columns(by) {
  const { doctors, rooms, entries } = shown();
  const own = doctors.map((doctor) => ({
    key: `doctor-${doctor.id}`,
    name: personName(doctor),
    about: specialityName(doctor.specialization),
    entries: (entries.get(doctor.id) ?? []).map((entry) => ({ ...entry, doctor, visit: entry.appointment })),
  }));
  if (by !== 'rooms') return own.filter((column) => column.entries.length > 0);
  const all = own.flatMap((column) => column.entries);
  const inRooms = rooms.map(({ id, name, kind }) => ({
    key: `room-${id}`,
    name,
    about: kind,
    entries: all
      .filter((entry) => entry.room === id)
      .sort((one, other) => one.start_time.localeCompare(other.start_time)),
  }));
  // What has no room stands under its doctor.
  const without = own.map((column) => ({
    ...column,
    about: t('no_room'),
    entries: column.entries.filter(({ room }) => room === null),
  }));
  return [...inRooms, ...without].filter((column) => column.entries.length > 0);
}

/** What is most likely to be pressed next. */
function nextAct({ visit }) {
  const { date, time } = now();
  if (visit.status === 'pending') return 'confirm';
  if (visit.attendance === 'arrived') return mayComplete() ? 'complete' : undefined;
  return visit.attendance === null && shown().date === date && time < '24:00' ? 'arrive' : undefined;
}

const KEYS = { a: 'arrive', n: 'no_show', d: 'complete', c: 'confirm', delete: 'cancel', u: 'unmark' };

/** Which key is pressed, also with capitals on; where another alphabet is, by its place on the keyboard. */
const keyOf = ({ key, code }) => (/^[^a-z]$/i.test(key) ? code.replace(/^Key/, '') : key).toLowerCase();

function onVisitKey(event, entry) {
  const key = keyOf(event);
  if (event.ctrlKey || event.metaKey || event.altKey) {
    if (!(key === 'x' && !event.altKey)) return;
  }
  if (key === 'x') cut(entry);
  else if (KEYS[key]) acts[KEYS[key]](entry);
  else return;
  event.preventDefault();
}

function visitCell(entry) {
  const { visit, start_time, end_time } = entry;
  const state = stateOf(entry);
  const name = personName(visit.patient);
  const marks = [!visit.patient.is_known && t('is_new'), !visit.patient.reachable && t('must_ring')].filter(
    Boolean,
  );
  const about = [visit.service && serviceName(visit.service), ...marks].filter(Boolean).join(' · ');
  const words = named(visit.attendance ? 'attendances' : 'statuses', state);
  const next = nextAct(entry);
  return [
    h(
      'button',
      {
        type: 'button',
        class: 'entry',
        'data-id': `visit-${visit.id}`,
        draggable: isDoctor() ? undefined : 'true',
        ondragstart: (event) => event.dataTransfer.setData('text/plain', String(visit.id)),
        onclick: () => visitDialog(entry),
        onkeydown: (event) => onVisitKey(event, entry),
      },
      sign(state),
      h('span', { class: 'who' }, h('strong', {}, name), about && h('small', {}, about)),
      h('span', { class: 'unseen' }, `, ${start_time}–${end_time}, ${words}`),
    ),
    next &&
      h(
        'button',
        {
          type: 'button',
          class: 'quick',
          'data-id': `quick-${visit.id}`,
          tabindex: '-1',
          title: name,
          onclick: () => acts[next](entry),
        },
        t(`act_${next}`),
      ),
  ];
}

function slotCell(slot, state) {
  if (state !== 'free')
    return h('span', { class: 'entry off' }, sign(state), state === 'kept' && t('state_kept'));
  const open = () => (isCarrying() ? drop(slot) : isDoctor() ? note(t('doctor_books')) : bookingDialog(slot));
  return h(
    'button',
    {
      type: 'button',
      class: 'entry',
      'data-id': `slot-${slot.timeslots[0]}`,
      'aria-label': t('free_slot', {
        time: `${slot.start_time}–${slot.end_time}`,
        doctor: personName(slot.doctor),
      }),
      onclick: open,
      onkeydown: (event) => {
        if (keyOf(event) !== 'v' || !isCarrying()) return;
        event.preventDefault();
        void drop(slot);
      },
    },
    sign('free'),
    h('span', { class: 'who' }, t('state_free')),
  );
}

/** A visit that is dragged may be let go over any free slot. */
const takesDrops = (cell, slot) => {
  cell.addEventListener('dragover', (event) => {
    event.preventDefault();
    cell.classList.add('over-drop');
  });
  cell.addEventListener('dragleave', () => cell.classList.remove('over-drop'));
  cell.addEventListener('drop', (event) => {
    event.preventDefault();
    cell.classList.remove('over-drop');
    const entry = visitBy(Number(event.dataTransfer.getData('text/plain')));
    if (entry) void move(entry, slot);
  });
  return cell;
};

/** @param place in the day, whatever stands there */
function cellOf(entry, rows, place) {
  const state = stateOf(entry);
  const isCut = entry.visit && entry.visit.id === carriedId();
  const cell = h(
    'td',
    { class: `cell ${state}${isCut ? ' cut' : ''}`, rowspan: rows },
    entry.visit ? visitCell(entry) : slotCell(entry, state),
  );
  for (const button of cell.querySelectorAll('button')) button.dataset.at = place;
  return state === 'free' && !entry.visit ? takesDrops(cell, entry) : cell;
}

/** Where the Tab key enters the table: where one was in it last. */
let entered = {};

export function drawGrid(place, by) {
  const all = columns(by);
  const times = [
    ...new Set(
      all.flatMap(({ entries }) => entries.flatMap(({ start_time, end_time }) => [start_time, end_time])),
    ),
  ].sort();
  const refocus = keepFocus();
  const { scrollLeft: left = 0, scrollTop: top = 0 } = place.firstElementChild ?? {};
  if (all.length === 0) return put(place, h('p', { class: 'empty' }, t('closed_day')));
  const next = all.map(() => 0);
  const rows = times.slice(0, -1).map((time, row) => {
    const cells = all.map(({ key, entries }, column) => {
      const entry = entries[next[column]];
      if (entry?.start_time === time) {
        next[column] += 1;
        return cellOf(entry, times.indexOf(entry.end_time) - row, `${key} ${time}`);
      }
      const before = entries[next[column] - 1];
      return before && before.end_time > time ? undefined : h('td', { class: 'cell gap' });
    });
    const tr = h('tr', { 'data-time': time }, h('th', { scope: 'row' }, time), cells);
    tr.style.height = `${(minutesOf(times[row + 1]) - minutesOf(time)) * MINUTE}rem`;
    return tr;
  });
  put(
    place,
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {
          role: 'grid',
          'aria-label': t('the_day'),
          onkeydown: walk,
          onfocusin: ({ target }) => {
            entered = { ...target.dataset };
          },
        },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('td', {}),
            all.map(({ name, about }) => h('th', { scope: 'col' }, name, about && h('small', {}, about))),
          ),
        ),
        h('tbody', {}, rows),
      ),
      h('div', { class: 'now', id: 'now', hidden: true }),
    ),
  );
  Object.assign(place.firstElementChild, { scrollLeft: left, scrollTop: top });
  refocus();
  enter(place);
  drawNow();
}

/** One stop of the Tab key for the whole table; the arrows walk within it. */
function enter(place) {
  const buttons = [...place.querySelectorAll('button.entry')];
  for (const button of buttons) button.tabIndex = -1;
  const here =
    buttons.find(({ dataset }) => dataset.id === entered.id) ??
    buttons.find(({ dataset }) => dataset.at === entered.at) ??
    buttons[0];
  if (here) here.tabIndex = 0;
}

/** Arrows go to the nearest entry on that side, Escape lets go of what was cut. */
function walk(event) {
  if (event.key === 'Escape' && isCarrying()) return letGo();
  const from = event.target.closest('button.entry');
  const to = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!from || !to || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const at = from.getBoundingClientRect();
  const [x, y] = to;
  let best;
  for (const button of event.currentTarget.querySelectorAll('button.entry')) {
    const box = button.getBoundingClientRect();
    const along = x ? (box.left - at.left) * x : (box.top - at.top) * y;
    const aside = Math.abs(x ? box.top - at.top : box.left - at.left);
    if (along <= 1 || (y && aside > 1)) continue;
    const far = along + aside * 4;
    if (!best || far < best.far) best = { button, far };
  }
  if (!best) return;
  from.tabIndex = -1;
  best.button.tabIndex = 0;
  best.button.focus();
  best.button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** Now is a line across the day. */
export function drawNow() {
  const line = byId('now');
  if (!line) return;
  const { date, time } = now();
  const rows = [...document.querySelectorAll('tr[data-time]')];
  const row = rows.findLast((each) => each.dataset.time <= time);
  const following = rows[rows.indexOf(row) + 1];
  line.hidden = shown().date !== date || !row;
  if (line.hidden) return;
  const begins = minutesOf(row.dataset.time);
  const ends = following ? minutesOf(following.dataset.time) : begins + row.offsetHeight / 16 / MINUTE;
  const share = Math.min(1, (minutesOf(time) - begins) / (ends - begins));
  line.style.top = `${row.offsetTop + share * row.offsetHeight}px`;
  line.style.width = `${row.closest('table').offsetWidth}px`;
  line.dataset.time = time;
}
