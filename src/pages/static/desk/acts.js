import { newKey, patch, post, remove } from '../shared/api.js';
import { isDoctor } from '../shared/caller.js';
import { ask } from '../shared/dialog.js';
import { t } from '../shared/text.js';
import { explain, field, note } from '../shared/ui.js';
import { reload, visitBy } from './day-data.js';

/** What is done with a visit in one press. Each names the version that is seen; a stale one changes nothing. */

/** Whether what becomes of a visit reaches its patient, or somebody has to ring them. */
const noteTold = ({ visit }, told, ring) => (visit.patient.reachable ? note(told) : note(ring, 'bad'));

/** Does it, and reads the doctor's day again whatever came. @param done says that it is done */
async function act({ visit, doctor }, send, done) {
  try {
    await send({ version: visit.version, repeat: true });
    done();
  } catch (error) {
    if (!error.code) throw error;
    note(explain(error), 'bad');
  } finally {
    await reload(doctor.id);
  }
}

const mark = (path, done) => (entry) =>
  act(
    entry,
    (options) => post(`/appointments/${entry.visit.id}/${path}/`, undefined, options),
    () => note(t(done)),
  );

export const acts = {
  arrive: (entry) => mark('arrive', 'did_arrive')(entry),
  complete: (entry) => mark('complete', 'did_complete')(entry),
  no_show: (entry) => mark('no-show', 'did_no_show')(entry),
  unmark: (entry) =>
    act(
      entry,
      (options) => remove(`/appointments/${entry.visit.id}/attendance/`, undefined, options),
      () => note(t('did_unmark')),
    ),
  confirm: (entry) =>
    act(
      entry,
      (options) => patch(`/appointments/${entry.visit.id}/`, { status: 'confirmed' }, options),
      () => noteTold(entry, t('did_confirm'), t('did_confirm_ring')),
    ),
  cancel: (entry) =>
    ask(
      t('cancel_heading'),
      entry.visit.patient.reachable ? t('cancel_text') : t('must_ring_long'),
      t('act_cancel'),
      async ({ reason }) => {
        const path = `/appointments/${entry.visit.id}/`;
        const { version } = visitBy(entry.visit.id)?.visit ?? entry.visit;
        try {
          await patch(path, { status: 'cancelled', reason }, { version });
          noteTold(entry, t('did_cancel'), t('did_cancel_ring'));
        } finally {
          // Refused for another version, the next press is meant for what is shown then.
          await reload(entry.doctor.id);
        }
      },
      field('reason', t(isDoctor() ? 'reason_needed' : 'reason_optional'), { rows: 2, maxlength: 500 }),
    ),
  /** What else has changed of the visit is nothing to its note. @throws Problem; what was written is still to be kept */
  async note({ visit, doctor }, text) {
    const write = ({ version }) =>
      patch(`/appointments/${visit.id}/`, { note: text || null }, { version, repeat: true });
    try {
      await write(visit);
    } catch (error) {
      await reload(doctor.id);
      const now = visitBy(visit.id)?.visit;
      if (error.code !== 'version_mismatch' || now?.note !== visit.note) throw error;
      await write(now);
    }
    note(t('did_note'));
    await reload(doctor.id);
  },
};

/** Moves a visit to another slot in one act; refused, it stays where it was. */
export async function move(entry, slot) {
  try {
    await post(
      `/appointments/${entry.visit.id}/reschedule/`,
      { timeslot: slot.timeslots[0] },
      { key: newKey(), version: entry.visit.version },
    );
    note(t('did_move', { time: slot.start_time }));
  } catch (error) {
    if (!error.code) throw error;
    note(t('not_moved', { why: explain(error) }), 'bad');
  } finally {
    await reload(entry.doctor.id, slot.doctor.id);
  }
}
