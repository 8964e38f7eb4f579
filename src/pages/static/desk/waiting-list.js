import { all, newKey, post, remove } from '../shared/api.js';
import { isDoctor } from '../shared/caller.js';
import { doctorText, now, servicesOf, whom } from '../shared/clinic.js';
import { ask, dialog } from '../shared/dialog.js';
import { h, put } from '../shared/dom.js';
import { addDays, personName, serviceName, shortDay, t } from '../shared/text.js';
import { action, field, form, later, note } from '../shared/ui.js';
import { doctors, shown } from './day-data.js';
import { findPatient } from './patients.js';

/** Who waits for a time, and who could have the one that is free. */

let entries = [];

export async function loadWaitingList() {
  if (isDoctor()) return;
  entries = await all('/waitlist/', { status: 'waiting' });
}

const fits = ({ doctor, specialization, from, to, after, before, branch }, slot) =>
  (doctor ? doctor.id === slot.doctor.id : specialization === slot.doctor.specialization) &&
  from <= shown().date &&
  shown().date <= to &&
  (after === null || after <= slot.start_time) &&
  (before === null || slot.end_time <= before) &&
  (branch === null || branch === slot.branch);

/** The patients who wait for just such a slot, in the order in which they joined. */
export const waitingFor = (slot) =>
  entries.filter((entry) => fits(entry, slot)).map(({ patient }) => patient);

const DAYS = 14;

/** Puts somebody on the list. */
function joinDialog(redraw) {
  const place = h('div', { class: 'stack' });
  const element = dialog(t('waiting_list_add'), place);
  findPatient(place, (patient) => {
    const { date } = now();
    const service = h('div', {});
    /** What for, of a doctor who gives services. */
    const showServices = (doctor) =>
      later(service, async () => {
        const services = await servicesOf(doctor);
        const options = services.map((one) => ({ value: one.id, label: serviceName(one) }));
        const none = { value: '', label: t('no_service') };
        return options.length > 0 && field('service', t('service'), { options: [none, ...options] });
      });
    const [first] = doctors();
    if (first) void showServices(first.id);
    const sent = form(
      [
        h('p', {}, h('strong', {}, personName(patient))),
        field('doctor', t('doctor'), {
          options: doctors().map((doctor) => ({
            value: doctor.id,
            label: doctorText(doctor),
          })),
          onchange: ({ target }) => showServices(target.value),
        }),
        service,
        field('from', t('from'), { type: 'date', value: date, min: date }),
        field('to', t('to'), { type: 'date', value: addDays(date, DAYS), min: date }),
      ],
      t('waiting_list_add'),
      async ({ doctor, service: wanted, from, to }) => {
        const what = { doctor: Number(doctor), service: wanted && Number(wanted) };
        const joined = await post(
          '/waitlist/',
          { patient: patient.id, ...what, from, to },
          { key: newKey() },
        );
        element.close();
        const [free] = joined.free_now;
        note(
          free ? t('free_already', { day: shortDay(free.date, date), time: free.start_time }) : t('did_join'),
          free ? 'bad' : 'good',
        );
        await loadWaitingList();
        redraw();
      },
    );
    put(place, sent);
    sent.querySelector('select').focus();
  });
}

export function waitingList(redraw) {
  const today = now().date;
  const row = (entry) =>
    h(
      'li',
      {},
      h('strong', {}, personName(entry.patient)),
      h('small', {}, whom(entry), ` · ${shortDay(entry.from, today)} – ${shortDay(entry.to, today)}`),
      action(
        '✕',
        () =>
          ask(t('waiting_list_remove'), personName(entry.patient), t('waiting_list_remove'), async () => {
            await remove(`/waitlist/${entry.id}/`);
            await loadWaitingList();
            redraw();
          }),
        {
          className: 'icon',
          'data-id': `wish-${entry.id}`,
          'data-at': 'waiting-list',
          'aria-label': `${t('waiting_list_remove')}: ${personName(entry.patient)}`,
        },
      ),
    );
  return [
    entries.length > 0
      ? h('ul', { class: 'rows' }, entries.map(row))
      : h('p', { class: 'hint' }, t('nobody_waits')),
    action(t('waiting_list_add'), () => joinDialog(redraw), { 'data-at': 'waiting-list' }),
  ];
}
