import { forgetKey, get, keyFor, post } from '../shared/api.js';
import { isPatient } from '../shared/caller.js';
import { servicesOf, today, whom } from '../shared/clinic.js';
import { h, put, show } from '../shared/dom.js';
import { go, link } from '../shared/route.js';
import { addDays, t } from '../shared/text.js';
import { choice, field, form, note } from '../shared/ui.js';
import { movedVisit, moveTo } from './moving.js';
import { people } from './people.js';
import { serviceChoice } from './services.js';
import { alternativesList, choose } from './slot-buttons.js';

/** Joining the waiting list: who waits, whom for, on which days, at which times. */

const DAYS = 14;

export async function waitView({ doctor, specialization, replaces }, isCurrent) {
  const [about, visit, dependants, services] = await Promise.all([
    doctor ? get(`/doctors/${doctor}/`) : undefined,
    replaces ? movedVisit(replaces) : undefined,
    isPatient() && !replaces ? get('/patient/dependants/') : [],
    // What takes the place of a visit is for the same.
    doctor && !replaces ? servicesOf(doctor) : [],
  ]);
  if (!isCurrent()) return;
  const free = h('div', {});
  const sent = form(
    [
      dependants.length > 0 && choice('patient', t('for_whom'), people(dependants), ''),
      serviceChoice(services),
      field('from', t('wish_from'), { type: 'date', min: today(), value: today(), required: true }),
      field('to', t('wish_to'), {
        type: 'date',
        min: today(),
        value: addDays(today(), DAYS),
        required: true,
      }),
      field('after', t('wish_not_before'), { type: 'time', step: 900 }),
      field('before', t('wish_not_after'), { type: 'time', step: 900 }),
    ],
    t('join_waiting_list'),
    async ({ patient = visit?.patient.id, service, ...values }) => {
      const whom = doctor ? { doctor: Number(doctor) } : { specialization };
      const what = { patient: patient && Number(patient), service: service && Number(service) };
      const body = { ...whom, ...values, ...what, replaces: visit?.id };
      const joined = await post('/waitlist/', body, { key: keyFor('wait', body) });
      forgetKey('wait');
      note(t('joined'));
      if (joined.free_now.length === 0) return go({ view: 'visits' });
      // What is free already is offered to nobody.
      put(
        free,
        h('p', {}, t('free_now')),
        alternativesList(joined.free_now, (slot) => (visit ? moveTo(visit, slot) : choose(slot)), about?.id),
      );
      free.scrollIntoView({ block: 'center' });
    },
  );
  show(
    t('join_waiting_list'),
    h('a', { class: 'back', ...link(doctor ? { doctor } : { specialization, any: 1 }) }, t('back')),
    h('p', { class: 'lead' }, t('wait_lead', { whom: whom({ doctor: about, specialization }) })),
    sent,
    free,
  );
}
