import { get, newKey, post, query, remove } from '../shared/api.js';
import { isDoctor } from '../shared/caller.js';
import { now } from '../shared/clinic.js';
import { ask, dialog } from '../shared/dialog.js';
import { h, put } from '../shared/dom.js';
import { addDays, dayName, many, personName, phoneText, shortDay, t } from '../shared/text.js';
import { action, field, form, note } from '../shared/ui.js';
import { doctors, reload, shown } from './day-data.js';

/** Who is away, and what a new absence would do before it does it. */

const AHEAD = 14;
let known = [];

export async function loadAbsences() {
  const { date } = shown();
  if (!date) return;
  const { results } = await get(
    `/absences/${query({ from: date, to: addDays(date, AHEAD), page_size: 100 })}`,
  );
  known = results;
}

const nameOf = (id) => personName(doctors().find((doctor) => doctor.id === id) ?? { id });
const days = ({ from, to }) => {
  const { date } = now();
  return from === to ? shortDay(from, date) : `${shortDay(from, date)} – ${shortDay(to, date)}`;
};
const hours = ({ start_time, end_time }) =>
  start_time === '00:00' && end_time === '24:00' ? '' : `, ${start_time}–${end_time}`;

/** @param effects of a preview */
function preview(effects, body, element, redraw) {
  const { slots_count, appointments_count, appointments } = effects;
  return h(
    'div',
    { class: 'stack', role: 'status' },
    h('p', {}, many('slots_go', slots_count)),
    h('p', {}, h('strong', {}, many('visits_go', appointments_count))),
    h(
      'ul',
      { class: 'rows' },
      appointments.map(({ date, start_time, patient }) =>
        h(
          'li',
          {},
          `${dayName(date, now().date)} ${start_time} · ${personName(patient)}`,
          patient.phone && ` · ${phoneText(patient.phone)}`,
        ),
      ),
    ),
    action(
      t('absence_do'),
      async () => {
        await post('/absences/', body, { key: newKey() });
        element.close();
        note(t('did_absence'));
        await Promise.all([loadAbsences(), reload()]);
        redraw();
      },
      { className: 'primary' },
    ),
  );
}

function absenceDialog(redraw) {
  const { date } = shown();
  const effects = h('div', {});
  const element = dialog(
    t('absence_new'),
    form(
      [
        !isDoctor() &&
          field('doctor', t('doctor'), {
            options: doctors().map((doctor) => ({ value: doctor.id, label: personName(doctor) })),
          }),
        field('from', t('from'), { type: 'date', value: date, min: now().date }),
        field('to', t('to'), { type: 'date', value: date, min: now().date }),
        field('start_time', t('away_from'), { type: 'time' }),
        field('end_time', t('away_until'), { type: 'time' }),
        field('reason', t('away_why'), { maxlength: 500 }),
      ],
      t('absence_preview'),
      async ({ doctor, ...values }) => {
        const body = { ...values, doctor: doctor && Number(doctor) };
        const would = await post('/absences/', { ...body, preview: true }, { repeat: true });
        put(effects, preview(would, body, element, redraw));
        effects.scrollIntoView({ block: 'end' });
      },
      { oninput: () => put(effects) },
    ),
    effects,
  );
}

export function absences(redraw) {
  const row = (absence) =>
    h(
      'li',
      {},
      h('strong', {}, nameOf(absence.doctor)),
      h('small', {}, days(absence), hours(absence), absence.reason && ` · ${absence.reason}`),
      action(
        '✕',
        () =>
          ask(t('absence_end'), `${nameOf(absence.doctor)}, ${days(absence)}`, t('absence_end'), async () => {
            await remove(`/absences/${absence.id}/`);
            await Promise.all([loadAbsences(), reload()]);
            redraw();
          }),
        {
          className: 'icon',
          'data-id': `absence-${absence.id}`,
          'data-at': 'absences',
          'aria-label': `${t('absence_end')}: ${nameOf(absence.doctor)}`,
        },
      ),
    );
  return [
    known.length > 0
      ? h('ul', { class: 'rows' }, known.map(row))
      : h('p', { class: 'hint' }, t('nobody_away')),
    action(t('absence_new'), () => absenceDialog(redraw), { 'data-at': 'absences' }),
  ];
}
