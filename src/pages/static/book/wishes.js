import { forgetKey, keyFor, post, remove } from '../shared/api.js';
import { today, whom } from '../shared/clinic.js';
import { countdown } from '../shared/countdown.js';
import { ask } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { go } from '../shared/route.js';
import { me } from '../shared/session.js';
import { personName, shortDay, t } from '../shared/text.js';
import { action } from '../shared/ui.js';
import { brief } from './summary.js';

/** What a patient waits for, and what is kept for them for a short while. */

/** @param how `accept` or `decline`. The next offer of the same entry is another one. */
async function reply(entry, how) {
  const act = `${how}:${entry.id}`;
  const answered = await post(`/waitlist/${entry.id}/${how}/`, undefined, { key: keyFor(act, {}) });
  forgetKey(act);
  return answered;
}

async function accept(entry) {
  const { id } = await reply(entry, 'accept');
  await go({ done: id });
}

/** Who waits, where it is not the reader. */
const waiter = ({ patient }) => (patient.id === me().id ? undefined : patient);

const offer = (entry, again) =>
  h(
    'li',
    { class: 'card offer' },
    h('p', { class: 'state pending' }, t('offer')),
    brief({ ...entry.offer.timeslot, patient: waiter(entry) }),
    countdown(entry.offer.expires_at, (left) => t('kept_for_you', { left }), again),
    h(
      'div',
      { class: 'actions' },
      action(t('accept'), () => accept(entry), { className: 'primary' }),
      action(t('decline'), async () => {
        await reply(entry, 'decline');
        await again();
      }),
    ),
  );

export function offers(entries, again) {
  const offered = entries.filter((entry) => entry.offer);
  return (
    offered.length > 0 && [
      h('h2', {}, t('offers')),
      h(
        'ul',
        { class: 'cards' },
        offered.map((entry) => offer(entry, again)),
      ),
    ]
  );
}

export function wishes(entries, again) {
  const waiting = entries.filter(({ status }) => status === 'waiting');
  return (
    waiting.length > 0 && [
      h('h2', {}, t('waiting_list')),
      h(
        'ul',
        { class: 'cards' },
        waiting.map((entry) =>
          h(
            'li',
            { class: 'card' },
            h('strong', {}, whom(entry)),
            waiter(entry) && h('p', {}, `${t('patient')}: ${personName(waiter(entry))}`),
            h(
              'p',
              {},
              t('wish_days', { from: shortDay(entry.from, today()), to: shortDay(entry.to, today()) }),
              entry.after && ` · ${t('wish_after', { time: entry.after })}`,
              entry.before && ` · ${t('wish_before', { time: entry.before })}`,
            ),
            h(
              'div',
              { class: 'actions' },
              action(t('leave_list'), () =>
                ask(t('leave_list'), t('leave_ask'), t('leave_list'), async () => {
                  await remove(`/waitlist/${entry.id}/`);
                  await again();
                }),
              ),
            ),
          ),
        ),
      ),
    ]
  );
}
