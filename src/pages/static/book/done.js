import { get } from '../shared/api.js';
import { knowPlaces } from '../shared/clinic.js';
import { h, show } from '../shared/dom.js';
import { link } from '../shared/route.js';
import { language, t } from '../shared/text.js';
import { calendarOf } from './calendar-file.js';
import { confirmPhone } from './phone.js';
import { summary } from './summary.js';

/** A link that saves the visit for the reader's own calendar. */
export const calendarLink = (visit) =>
  h(
    'a',
    {
      class: 'button plain',
      download: `${visit.date}.ics`,
      href: URL.createObjectURL(new Blob([calendarOf(visit, t('visit'))], { type: 'text/calendar' })),
    },
    t('to_calendar'),
  );

/** It is booked. */
export async function doneView({ done: id, moved }, isCurrent) {
  const visit = await get(`/appointments/${id}/`);
  const service = visit.service
    ? await get(`/services/${visit.service.id}/`).catch(() => undefined)
    : undefined;
  await knowPlaces([visit]);
  if (!isCurrent()) return;
  const isPending = visit.status === 'pending';
  show(
    moved ? t('moved') : t(isPending ? 'booked' : 'booked_confirmed'),
    h('p', { class: `lead state ${visit.status}` }, t(isPending ? 'booked_lead' : 'confirmed_lead')),
    h('div', { class: 'card' }, summary(visit)),
    service?.preparation && [h('h2', {}, t('prepare')), h('p', {}, service.preparation[language])],
    confirmPhone(),
    h(
      'div',
      { class: 'actions' },
      calendarLink(visit),
      h('a', { class: 'button plain', ...link({ view: 'visits' }) }, t('my_visits')),
      h('a', { class: 'button plain', ...link({}) }, t('book_another')),
    ),
  );
}
