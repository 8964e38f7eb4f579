import { get } from '../shared/api.js';
import { isDoctor, mayComplete } from '../shared/caller.js';
import { clinic, now } from '../shared/clinic.js';
import { dialog } from '../shared/dialog.js';
import { h, put } from '../shared/dom.js';
import {
  dateText,
  named,
  personName,
  phoneText,
  serviceName,
  serviceNote,
  t,
  wallOf,
} from '../shared/text.js';
import { action, field, form, later, line } from '../shared/ui.js';
import { acts } from './acts.js';
import { again, cut } from './carry.js';
import { shown, stateOf, visitBy } from './day-data.js';

/** All of one visit, and all that can be done with it. */

/** That somebody was seen is for those to take back who may say it. */
const mayUnmark = ({ attendance }) => attendance && (attendance !== 'completed' || mayComplete());

/** What can be done now: what the API would refuse is not shown. */
function possible({ visit, end_time }) {
  const { date, time } = now();
  const isToday = shown().date === date;
  const isOver = shown().date < date || (isToday && end_time <= time);
  if (visit.attendance === 'arrived') return [mayComplete() && 'complete', 'no_show', 'unmark'];
  if (visit.attendance) return [isToday && mayUnmark(visit) && 'unmark'];
  const marks =
    isToday || shown().date < date
      ? [
          (visit.status === 'confirmed' || !isOver) && 'arrive',
          visit.status === 'confirmed' && 'no_show',
          visit.status === 'confirmed' && mayComplete() && 'complete',
        ]
      : [];
  return [visit.status === 'pending' && 'confirm', ...marks, 'cancel'];
}

const PRIMARY = ['confirm', 'arrive', 'complete'];

const readHistory = (id) => get(`/appointments/${id}/history/`);
const wallAt = ({ at }) => wallOf(Date.parse(at), clinic().time_zone);

const MARKS = ['arrived', 'completed', 'no_show'];
/** A mark can be taken back on the day on which it was made, whatever day the visit was. */
const isMarkedToday = async (id) =>
  (await readHistory(id)).some((event) => MARKS.includes(event.kind) && wallAt(event).date === now().date);

async function history(id) {
  const events = await readHistory(id);
  return h(
    'ol',
    { class: 'history' },
    events.map((event) => {
      const { kind, by } = event;
      const { date, time } = wallAt(event);
      return h(
        'li',
        {},
        `${dateText(date)} ${time} · ${named('history', kind)}`,
        by && ` · ${personName(by)}`,
      );
    }),
  );
}

export function visitDialog(entry) {
  const { visit, doctor, start_time, end_time, room_name } = entry;
  const { patient, service, reason } = visit;
  const state = stateOf(entry);
  const close = () => element.close();
  const offered = possible(entry).filter(Boolean);
  const first = offered.find((name) => PRIMARY.includes(name));
  const press = (name) =>
    action(
      t(`act_${name}`),
      () => {
        close();
        return acts[name](entry);
      },
      { className: name === first ? 'primary' : 'plain' },
    );
  const past = h('div', {});
  const theirs = h('p', { class: 'hint' });
  let meant = entry;
  const late = h('span', {});
  if (mayUnmark(visit) && !offered.includes('unmark'))
    isMarkedToday(visit.id).then(
      (is) => is && put(late, press('unmark')),
      (error) => {
        if (!error.code) throw error;
      },
    );
  const element = dialog(
    personName(patient),
    h('p', { class: `state ${state}` }, named(visit.attendance ? 'attendances' : 'statuses', state)),
    h(
      'dl',
      { class: 'summary' },
      line(t('when'), `${start_time}–${end_time}`),
      line(t('doctor'), personName(doctor)),
      line(t('room'), room_name),
      line(t('service'), service && [serviceName(service), serviceNote(service)].filter(Boolean).join(' · ')),
      line(t('phone'), patient.phone && h('a', { href: `tel:${patient.phone}` }, phoneText(patient.phone))),
      line(t('date_of_birth'), patient.date_of_birth && dateText(patient.date_of_birth)),
      line(t('reason'), reason),
    ),
    !patient.is_known && h('p', { class: 'hint' }, t('new_here')),
    !patient.reachable && h('p', { class: 'state pending' }, t('must_ring_long')),
    h(
      'div',
      { class: 'actions' },
      offered.map(press),
      late,
      offered.includes('cancel') &&
        !isDoctor() &&
        action(t('act_move'), () => {
          close();
          cut(entry);
        }),
      isDoctor() &&
        visit.attendance === 'completed' &&
        action(t('act_again'), () => {
          close();
          again(entry);
        }),
    ),
    form(
      [field('note', t('note'), { rows: 2, maxlength: 2000 }), theirs],
      t('save_note'),
      async ({ note }) => {
        try {
          await acts.note(meant, note);
        } catch (error) {
          // What is written stays. Whoever presses again has seen what it would replace.
          meant = { ...entry, visit: visitBy(visit.id)?.visit ?? visit };
          put(theirs, meant.visit.note !== visit.note && t('note_now', { note: meant.visit.note ?? '–' }));
          throw error;
        }
        close();
      },
    ),
    h(
      'details',
      {
        ontoggle: ({ target }) =>
          target.open && past.childElementCount === 0 && later(past, () => history(visit.id)),
      },
      h('summary', {}, t('what_happened')),
      past,
    ),
  );
  element.querySelector('textarea').value = visit.note ?? '';
  element.querySelector('.actions button')?.focus();
}
