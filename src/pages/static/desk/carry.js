import { newKey, post } from '../shared/api.js';
import { isDoctor } from '../shared/caller.js';
import { announce, byId, h, put } from '../shared/dom.js';
import { personName, t } from '../shared/text.js';
import { action, explain, note } from '../shared/ui.js';
import { move } from './acts.js';
import { bookingDialog } from './booking.js';
import { reload } from './day-data.js';

/** What is on its way to another slot: a visit that was cut, or whose patient comes once more. */

let carried;
export const isCarrying = () => carried !== undefined;
export const carriedId = () => carried?.entry.visit.id;

const textOf = ({ kind, entry }) =>
  t(kind === 'move' ? 'carrying' : 'carrying_again', { name: personName(entry.visit.patient) });

/** Says what is carried, on whichever day it has been carried to. */
export function drawCarried() {
  const place = byId('carried');
  if (place) put(place, carried && [h('p', {}, textOf(carried)), action(t('let_go'), letGo)]);
  document.body.classList.toggle('carrying', isCarrying());
}

function take(next) {
  carried = next;
  drawCarried();
  if (carried) announce(textOf(carried));
}

/** To be moved: by staff only, as the API has it. */
export const cut = (entry) => (isDoctor() ? take({ kind: 'again', entry }) : take({ kind: 'move', entry }));
/** A doctor's follow-up. */
export const again = (entry) => take({ kind: 'again', entry });
export const letGo = () => take(undefined);

async function bookAgain(entry, slot) {
  try {
    const body = { timeslot: slot.timeslots[0], patient: entry.visit.patient.id };
    await post('/appointments/', body, { key: newKey() });
    note(t('did_book', { name: personName(entry.visit.patient), time: slot.start_time }));
  } catch (error) {
    if (!error.code) throw error;
    // The clinic asks what for: that is chosen now.
    if (error.errors.some(({ path }) => path === 'service')) bookingDialog(slot, entry.visit.patient);
    else note(explain(error), 'bad');
  } finally {
    await reload(slot.doctor.id);
  }
}

/** Puts what is carried into a free slot. */
export async function drop(slot) {
  if (!carried) return;
  const { kind, entry } = carried;
  letGo();
  await (kind === 'move' ? move(entry, slot) : bookAgain(entry, slot));
}
