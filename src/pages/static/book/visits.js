import { get, query, remove } from '../shared/api.js';
import { knowPlaces, now, today } from '../shared/clinic.js';
import { ask } from '../shared/dialog.js';
import { h, put, show } from '../shared/dom.js';
import { passkeyPanel, takesPasskeys } from '../shared/passkeys.js';
import { go, link } from '../shared/route.js';
import { me } from '../shared/session.js';
import { signOut } from '../shared/signin.js';
import { addDays, named, personName, t } from '../shared/text.js';
import { action, empty, field, later, note } from '../shared/ui.js';
import { calendarLink } from './done.js';
import { refused } from './moving.js';
import { confirmPhone } from './phone.js';
import { brief } from './summary.js';
import { offers, wishes } from './wishes.js';

/** What a patient has booked, and waits for. */

function isAhead({ status, attendance, date, start_time }) {
  const wall = now();
  const hasBegun = date < wall.date || (date === wall.date && start_time <= wall.time);
  return (status === 'pending' || status === 'confirmed') && attendance === null && !hasBegun;
}

const again = () => go({ view: 'visits' }, { replace: true });

function cancel(visit) {
  ask(
    t('cancel_heading'),
    t('cancel_ask'),
    t('cancel'),
    async ({ reason }) => {
      try {
        await remove(`/appointments/${visit.id}/`, reason ? { reason } : undefined, {
          version: visit.version,
        });
      } catch (error) {
        return refused(error);
      }
      note(t('cancelled'));
      await again();
    },
    field('reason', t('cancel_reason'), { rows: 2, maxlength: 500 }),
  );
}

const state = ({ status, attendance }) =>
  h(
    'p',
    { class: `state ${attendance ?? status}` },
    attendance ? named('attendances', attendance) : named('statuses', status),
  );

/** A visit that began can still be looked at; only what lies ahead is moved or cancelled. */
const card = (visit, own) =>
  h(
    'li',
    { class: 'card' },
    state(visit),
    brief(visit.patient.id === own ? { ...visit, patient: undefined } : visit),
    isAhead(visit) &&
      h(
        'div',
        { class: 'actions' },
        h('a', { class: 'button plain', ...link({ doctor: visit.doctor.id, move: visit.id }) }, t('move')),
        action(t('cancel'), () => cancel(visit)),
        calendarLink(visit),
      ),
  );

function earlier(own) {
  const place = h('div', {});
  const read = async () => {
    const past = await get(`/appointments/me/${query({ to: addDays(today(), -1), page_size: 100 })}`);
    const latest = past.results.sort((one, other) => other.date.localeCompare(one.date));
    if (latest.length === 0) return empty(t('no_earlier'));
    await knowPlaces(latest);
    return h(
      'ul',
      { class: 'cards' },
      latest.map((visit) => card(visit, own)),
    );
  };
  return h(
    'details',
    {
      ontoggle: ({ target }) => target.open && place.childElementCount === 0 && later(place, read),
    },
    h('summary', {}, t('earlier_visits')),
    place,
  );
}

/** Where they are taken. */
function passkeys() {
  const place = h('div', {});
  void takesPasskeys().then((takes) => {
    if (!takes) return;
    const panel = h('div', {});
    put(
      place,
      h(
        'details',
        { ontoggle: () => panel.childElementCount === 0 && put(panel, passkeyPanel()) },
        h('summary', {}, t('passkeys')),
        panel,
      ),
    );
  });
  return place;
}

export async function visitsView(_to, isCurrent) {
  const own = me().id;
  const [visits, waitlist] = await Promise.all([
    get(`/appointments/me/${query({ from: today(), page_size: 100 })}`),
    get('/waitlist/?page_size=100'),
  ]);
  const ahead = visits.results.filter(({ status }) => status !== 'cancelled' && status !== 'expired');
  await knowPlaces(ahead);
  if (!isCurrent()) return;
  show(
    t('my_visits'),
    offers(waitlist.results, again),
    ahead.length > 0
      ? h(
          'ul',
          { class: 'cards' },
          ahead.map((visit) => card(visit, own)),
        )
      : empty(t('no_visits'), h('a', { class: 'button primary', ...link({}) }, t('book_title'))),
    wishes(waitlist.results, again),
    earlier(own),
    confirmPhone(),
    passkeys(),
    h(
      'p',
      { class: 'signed-in' },
      t('signed_in_as', { name: personName(me()) }),
      ' ',
      action(t('sign_out'), signOut),
    ),
  );
}
