import { clinic } from '../shared/clinic.js';
import { byId, h, put } from '../shared/dom.js';
import { dayName, named, personName, serviceName, t } from '../shared/text.js';
import { shown, stateOf, visits } from './day.js';

/** The day's list on one sheet: a block for each doctor, in columns whose letters get smaller the more there is. */

const SIZES = [60, 120, 200];

export function drawSheet() {
  const all = visits();
  const { date, doctors, branch } = shown();
  const blocks = doctors
    .map((doctor) => [doctor, all.filter((entry) => entry.doctor.id === doctor.id)])
    .filter(([, own]) => own.length > 0);
  const lines = all.length + blocks.length * 2;
  const size = SIZES.filter((most) => lines > most).length;
  const where = clinic().branches.find(({ id }) => id === branch)?.name;
  put(
    byId('sheet'),
    h('h2', {}, [dayName(date), clinic().name, where !== clinic().name && where].filter(Boolean).join(' · ')),
    h(
      'div',
      { class: `sheet-columns size-${size}` },
      blocks.map(([doctor, own]) =>
        h(
          'section',
          {},
          h('h3', {}, [personName(doctor), doctor.specialization].filter(Boolean).join(', ')),
          own.map((entry) => {
            const { visit, start_time } = entry;
            const about = [
              visit.patient.phone,
              visit.service && serviceName(visit.service),
              named(visit.attendance ? 'attendances' : 'statuses', stateOf(entry)),
            ];
            return h(
              'p',
              {},
              h('b', {}, start_time),
              ` ${personName(visit.patient)} `,
              h('span', {}, about.filter(Boolean).join(' · ')),
            );
          }),
        ),
      ),
    ),
    h('p', { class: 'sheet-foot' }, t('sheet_foot')),
  );
}

addEventListener('beforeprint', () => byId('sheet') && drawSheet());
