import { forgetKey, get, keyFor, post } from '../shared/api.js';
import { today } from '../shared/clinic.js';
import { ask, dialog } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { go } from '../shared/route.js';
import { dayInWords, t } from '../shared/text.js';
import { explain } from '../shared/ui.js';
import { alternativesList } from './slot-buttons.js';

/** A visit that goes to another time, in one act: whatever is refused leaves it where it was. */

export const movedVisit = (id) => get(`/appointments/${id}/`);

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
      if (!error.alternatives?.length) throw error;
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
