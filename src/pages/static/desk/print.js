import { clinic, doctorText, now } from '../shared/clinic.js';
import { byId, h, put } from '../shared/dom.js';
import { dayName, named, personName, phoneText, serviceName, t } from '../shared/text.js';
import { shown, stateOf, visits } from './day-data.js';

/** The day's list on one sheet: a block for each doctor, in columns, with the largest letters that leave it on one page. */

const LARGEST = 11;
const SMALLEST = 3.5;
/** What an A4 page lying on its side has between its margins, less what browsers round. */
const HEIGHT = (188 / 25.4) * 96;

export function drawSheet() {
  const all = visits();
  const { date, doctors, branch } = shown();
  const blocks = doctors
    .map((doctor) => [doctor, all.filter((entry) => entry.doctor.id === doctor.id)])
    .filter(([, own]) => own.length > 0);
  const where = clinic().branches.find(({ id }) => id === branch)?.name;
  const sheet = byId('sheet');
  put(
    sheet,
    h(
      'h2',
      {},
      [dayName(date, now().date), clinic().name, where !== clinic().name && where]
        .filter(Boolean)
        .join(' · '),
    ),
    h(
      'div',
      { class: 'sheet-columns' },
      blocks.map(([doctor, own]) =>
        h(
          'section',
          {},
          h('h3', {}, doctorText(doctor)),
          own.map((entry) => {
            const { visit, start_time } = entry;
            const about = [
              visit.patient.phone && phoneText(visit.patient.phone),
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
  let letters = LARGEST;
  const fits = () => {
    sheet.style.setProperty('--letters', `${letters}pt`);
    return sheet.offsetHeight <= HEIGHT;
  };
  while (!fits() && letters > SMALLEST) letters -= 0.5;
}

addEventListener('beforeprint', () => byId('sheet') && drawSheet());
