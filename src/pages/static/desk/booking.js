import { forgetKey, keyFor, post } from '../shared/api.js';
import { now, servicesOf } from '../shared/clinic.js';
import { dialog } from '../shared/dialog.js';
import { h, put } from '../shared/dom.js';
import { personName, serviceName, serviceNote, shortDay, t } from '../shared/text.js';
import { choice, explain, form, later, note } from '../shared/ui.js';
import { reload } from './day-data.js';
import { about, findPatient } from './patients.js';
import { waitingFor } from './waiting-list.js';

/** A free slot, for a patient who rings or stands before the desk. */

async function book(slot, patient, service) {
  const body = {
    timeslot: slot.timeslots[0],
    patient: patient.id,
    service: service ? Number(service) : undefined,
  };
  const booked = await post('/appointments/', body, { key: keyFor('book', body) });
  forgetKey('book');
  const what = { name: personName(patient), time: booked.start_time };
  if (booked.reachable === false) note(t('did_book_ring', what), 'bad');
  else note(t('did_book', what));
}

/** @param patient who it is for, where that is known */
export function bookingDialog(slot, patient) {
  const place = h('div', { class: 'stack' });
  const element = dialog(t('booking', { time: slot.start_time, doctor: personName(slot.doctor) }), place);
  const chosen = async (patient) => {
    await later(place, () => confirm(patient));
    place.querySelector('input, button').focus();
  };
  if (patient) void chosen(patient);
  else findPatient(place, chosen, { suggested: waitingFor(slot) });

  async function confirm(patient) {
    const services = await servicesOf(slot.doctor.id);
    const elsewhere = h('div', {});
    const sent = form(
      [
        h('p', {}, h('strong', {}, personName(patient)), ' ', h('small', {}, about(patient))),
        services.length > 0 &&
          choice(
            'service',
            t('service'),
            [
              ...services.map((service) => ({
                value: service.id,
                label: serviceName(service),
                note: serviceNote(service),
              })),
              { value: '', label: t('no_service') },
            ],
            '',
          ),
        elsewhere,
      ],
      t('book'),
      async ({ service: wanted }) => {
        try {
          await book(slot, patient, wanted);
        } catch (error) {
          await reload(slot.doctor.id);
          if (!error.alternatives?.length) throw error;
          offer(error, patient, wanted);
          return;
        }
        element.close();
        await reload(slot.doctor.id);
      },
    );
    function offer(error, who, wanted) {
      const again = async (other) => {
        element.close();
        await book({ timeslots: [other.id], start_time: other.start_time }, who, wanted).catch((next) =>
          note(explain(next), 'bad'),
        );
        await reload(other.doctor.id);
      };
      put(
        elsewhere,
        h('p', { role: 'alert', class: 'error' }, explain(error)),
        h(
          'ul',
          { class: 'people' },
          error.alternatives.map((other) =>
            h(
              'li',
              {},
              h(
                'button',
                { type: 'button', class: 'person', onclick: () => again(other) },
                h('strong', {}, `${shortDay(other.date, now().date)} ${other.start_time}`),
                h('small', {}, personName(other.doctor)),
              ),
            ),
          ),
        ),
      );
    }
    return sent;
  }
}
