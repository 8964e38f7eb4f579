import { branchOf, clinic, doctorText, today } from '../shared/clinic.js';
import { h } from '../shared/dom.js';
import { dayHeading, personName, phoneText, serviceName, serviceNote, t } from '../shared/text.js';
import { line } from '../shared/ui.js';

/** What a visit or a slot is, in a few lines. */

export const branchName = (id) => branchOf(id)?.name ?? '';

/** The same for a list of visits: when stands first. */
export const brief = ({ doctor, patient, date, start_time, branch, service }) => {
  const place = branchOf(branch);
  return h(
    'div',
    { class: 'brief' },
    h('h2', {}, `${dayHeading(date, today())}, ${start_time}`),
    h('p', {}, doctorText(doctor)),
    service && h('p', {}, serviceName(service)),
    patient && h('p', {}, `${t('patient')}: ${personName(patient)}`),
    place && h('small', {}, [place.name, place.address].filter(Boolean).join(', ')),
  );
};

export function summary({ doctor, patient, date, start_time, end_time, branch, service }) {
  const place = branchOf(branch);
  return h(
    'dl',
    { class: 'summary' },
    line(t('when'), `${dayHeading(date, today())}, ${start_time}–${end_time}`),
    line(t('doctor'), doctorText(doctor)),
    patient && line(t('patient'), personName(patient)),
    service && line(t('service'), [serviceName(service), serviceNote(service)].filter(Boolean).join(' · ')),
    place && line(t('where'), [place.name ?? clinic().name, place.address].filter(Boolean).join(', ')),
    place?.phone && [
      h('dt', {}, t('phone')),
      h('dd', {}, h('a', { href: `tel:${place.phone}` }, phoneText(place.phone))),
    ],
  );
}
