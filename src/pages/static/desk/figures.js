import { get, query } from '../shared/api.js';
import { clinic, now, specialityName } from '../shared/clinic.js';
import { h, show } from '../shared/dom.js';
import { addDays, many, personName, t, weekDay, weekdays } from '../shared/text.js';
import { bars, week } from './chart.js';

/** The clinic's figures as pictures, each with the table from which it is drawn. */

const RANGES = { weeks_4: 28, weeks_13: 91, year: 365 };
const BY = ['week', 'hour', 'doctor', 'specialization'];

const percent = (value) => (value === null ? '–' : `${Math.round(value * 100)}\u00a0%`);
const inPercent = { unit: () => '%', short: (value) => Math.round(value * 100) };
const hours = (value) => {
  if (value === null) return '–';
  return value < 48 ? t('hours', { count: Math.round(value) }) : many('days', Math.round(value / 24));
};

/** What is measured: how it follows from a row, how it is written, alone and where the unit is told above, and a whole bar. */
const MEASURES = {
  fill_rate: { of: ({ fill_rate }) => fill_rate, write: percent, ...inPercent, whole: () => 1 },
  no_shows: {
    of: ({ no_shows, completed }) => (no_shows + completed > 0 ? no_shows / (no_shows + completed) : null),
    write: percent,
    ...inPercent,
    // A fifth is a great deal: bars to a whole would all look alike.
    whole: (values) => Math.max(0.2, ...values),
  },
  lead_time: {
    of: (row) => row.median_lead_time_hours,
    write: hours,
    unit: () => t('in_days'),
    short: (value) => Math.round(value / 24),
    whole: (values) => Math.max(24, ...values),
  },
};

const COLUMNS = ['published', 'booked', 'cancelled', 'no_shows', 'completed', 'expired'];

function labelOf(row) {
  if (row.period) return weekDay(row.period, now().date);
  if (row.doctor) return personName(row.doctor);
  if (row.hour !== undefined) return `${weekdays()[row.weekday - 1]} ${String(row.hour).padStart(2, '0')}:00`;
  return row.specialization ? specialityName(row.specialization) : t('no_specialization');
}

const table = (rows) =>
  h(
    'details',
    {},
    h('summary', {}, t('as_table')),
    h(
      'div',
      { class: 'scroll', tabindex: '0' },
      h(
        'table',
        { class: 'figures' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('td', {}),
            COLUMNS.map((name) => h('th', { scope: 'col' }, t(`count_${name}`))),
            Object.keys(MEASURES).map((name) => h('th', { scope: 'col' }, t(`measure_${name}`))),
          ),
        ),
        h(
          'tbody',
          {},
          rows.map((row) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, labelOf(row)),
              COLUMNS.map((name) => h('td', {}, String(row[name]))),
              Object.values(MEASURES).map(({ of, write }) => h('td', {}, write(of(row)))),
            ),
          ),
        ),
      ),
    ),
  );

function figure(by, { rows }, name) {
  const { of, write, unit, short, whole } = MEASURES[name];
  const inWeek = by === 'hour';
  const values = rows.map((row) => {
    const value = of(row);
    return {
      ...row,
      label: labelOf(row),
      value,
      text: inWeek && value !== null ? short(value) : write(value),
    };
  });
  const most = whole(values.map(({ value }) => value ?? 0));
  const label = `${t(`measure_${name}`)}, ${t(`figure_${by}`)}. ${t('table_below')}`;
  if (rows.length === 0)
    return h(
      'figure',
      {},
      h('figcaption', {}, t(`figure_${by}`)),
      h('p', { class: 'hint' }, t('no_figures')),
    );
  return h(
    'figure',
    {},
    h('figcaption', {}, inWeek ? `${t(`figure_${by}`)}, ${unit()}` : t(`figure_${by}`)),
    inWeek ? week(values, most, label, weekdays()) : bars(values, most, label),
    table(rows),
  );
}

const total = ({ total: all }) =>
  h(
    'dl',
    { class: 'totals' },
    Object.entries(MEASURES).map(([name, { of, write }]) =>
      h('div', {}, h('dt', {}, t(`measure_${name}`)), h('dd', {}, write(of(all)))),
    ),
    h('div', {}, h('dt', {}, t('count_booked')), h('dd', {}, String(all.booked))),
  );

export async function figuresView({ range = 'weeks_4', measure = 'fill_rate', branch }, turn, isCurrent) {
  const to = now().date;
  const asked = { from: addDays(to, 1 - RANGES[range]), to, branch };
  const answers = await Promise.all(BY.map((by) => get(`/statistics/${query({ ...asked, by })}`)));
  if (!isCurrent()) return;
  const choose = (label, name, values, chosen) =>
    h(
      'select',
      { 'aria-label': label, onchange: ({ target }) => turn({ [name]: target.value }) },
      values.map(([value, text]) => h('option', { value, selected: String(value) === String(chosen) }, text)),
    );
  show(
    t('figures'),
    h(
      'div',
      { class: 'toolbar' },
      choose(
        t('measure'),
        'measure',
        Object.keys(MEASURES).map((name) => [name, t(`measure_${name}`)]),
        measure,
      ),
      choose(
        t('range'),
        'range',
        Object.keys(RANGES).map((name) => [name, t(`range_${name}`)]),
        range,
      ),
      clinic().branches.length > 1 &&
        choose(
          t('branch'),
          'branch',
          [['', t('all_branches')], ...clinic().branches.map(({ id, name }) => [id, name])],
          branch ?? '',
        ),
    ),
    total(answers[0]),
    h(
      'div',
      { class: 'figures-grid' },
      BY.map((by, index) => figure(by, answers[index], measure)),
    ),
  );
}
