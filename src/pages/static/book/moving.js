import { forgetKey, get, keyFor, post } from '../shared/api.js';
import { knowPlaces, today } from '../shared/clinic.js';
import { ask, dialog } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { go, route } from '../shared/route.js';
import { dayInWords, t } from '../shared/text.js';
import { explain, note } from '../shared/ui.js';
import { alternativesList } from './slot-buttons.js';

/** A visit that goes to another time, in one act: whatever is refused leaves it where it was. */

export async function movedVisit(id) {
  const visit = await get(`/appointments/${id}/`);
  await knowPlaces([visit]);
  return visit;
}

/**
 * What somebody else has changed meanwhile is shown as it is now, to be decided anew: this view would be refused for ever.
 * @throws every other refusal
 */
export async function refused(error) {
  if (error.code !== 'version_mismatch') throw error;
  await go(route(), { replace: true });
  note(explain(error), 'bad');
}

export function moveTo(visit, slot) {
  const when = `${dayInWords(slot.date, today())}, ${slot.start_time}`;
  return ask(t('move_heading'), t('move_ask', { when }), t('move'), async () => {
    const body = { timeslot: slot.id };
    try {
      await post(`/appointments/${visit.id}/reschedule/`, body, {
        key: keyFor(`move:${visit.id}`, body),
        version: visit.version,
      });
    } catch (error) {
      if (!error.alternatives?.length) return refused(error);
      document.querySelector('dialog')?.close();
      const other = dialog(
        t('move_heading'),
        h('p', {}, explain(error)),
        h('p', {}, t('instead')),
        alternativesList(
          error.alternatives,
          (next) => {
            other.close();
            moveTo(visit, next);
          },
          visit.doctor.id,
        ),
      );
      return;
    }
    forgetKey(`move:${visit.id}`);
    await go({ done: visit.id, moved: 1 });
  });
}
