import { get } from '../shared/api.js';
import { isDoctor, mayComplete } from '../shared/caller.js';
import { clinic, now } from '../shared/clinic.js';
import { h, keepFocus, put } from '../shared/dom.js';
import { personName, t, wallOf } from '../shared/text.js';
import { action } from '../shared/ui.js';
import { absences, loadAbsences } from './absences.js';
import { acts } from './acts.js';
import { shown, visits } from './day-data.js';
import { visitDialog } from './visit.js';
import { loadWaitingList, waitingList } from './waiting-list.js';

/** Beside the day: who is here and waits, who comes next, the waiting list, absences. */

const NEXT = 6;

async function readArrival(id) {
  const events = await get(`/appointments/${id}/history/`);
  const at = events
    .filter(({ kind }) => kind === 'arrived')
    .map((event) => event.at)
    .sort()
    .at(-1);
  return at && wallOf(Date.parse(at), clinic().time_zone);
}

/** Since when somebody is here, by visit and version: its history says so, and is asked once. */
const arrivals = new Map();
function arrivedAt({ id, version }) {
  const key = `${id}.${version}`;
  if (!arrivals.has(key))
    arrivals.set(
      key,
      readArrival(id).catch((error) => {
        arrivals.delete(key);
        if (!error.code) throw error;
      }),
    );
  return arrivals.get(key);
}

const row = (entry, about, next) =>
  h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: 'person',
        'data-id': `aside-${entry.visit.id}`,
        'data-at': `aside-${entry.visit.id}`,
        onclick: () => visitDialog(entry),
      },
      h('strong', {}, `${entry.start_time} ${personName(entry.visit.patient)}`),
      about,
    ),
    next &&
      action(t(`act_${next}`), () => acts[next](entry), {
        className: 'quick',
        'data-at': `aside-${entry.visit.id}`,
      }),
  );

function here() {
  const waiting = visits().filter(({ visit }) => visit.attendance === 'arrived');
  if (waiting.length === 0) return h('p', { class: 'hint' }, t('nobody_here'));
  return h(
    'ul',
    { class: 'rows' },
    waiting.map((entry) => {
      const since = h('small', {}, personName(entry.doctor));
      void arrivedAt(entry.visit).then((at) => {
        if (at) since.textContent = `${personName(entry.doctor)} · ${t('since', { time: at.time })}`;
      });
      return row(entry, since, mayComplete() && 'complete');
    }),
  );
}

function coming() {
  const { time } = now();
  const next = visits()
    .filter(({ visit, end_time }) => visit.attendance === null && end_time > time)
    .slice(0, NEXT);
  if (next.length === 0) return h('p', { class: 'hint' }, t('nobody_comes'));
  return h(
    'ul',
    { class: 'rows' },
    next.map((entry) => {
      const isLate = entry.start_time < time;
      const about = h(
        'small',
        { class: isLate ? 'late' : undefined },
        [personName(entry.doctor), isLate && t('late')].filter(Boolean).join(' · '),
      );
      return row(entry, about, 'arrive');
    }),
  );
}

const section = (heading, content) => h('section', {}, h('h2', {}, heading), content);

export function drawAside(place) {
  const redraw = () => drawAside(place);
  const isToday = shown().date === now().date;
  const refocus = keepFocus();
  put(
    place,
    isToday && [section(t('here_now'), here()), section(t('coming'), coming())],
    !isDoctor() && section(t('waiting_list'), waitingList(redraw)),
    section(t('absences'), absences(redraw)),
  );
  refocus();
}

export const loadAside = () => Promise.all([loadWaitingList(), loadAbsences()]);
