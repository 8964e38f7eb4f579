import { today } from '../shared/clinic.js';
import { h } from '../shared/dom.js';
import { go } from '../shared/route.js';
import { dayHeading, personName } from '../shared/text.js';

/** Free times as buttons. */

/** What is known of a slot that was chosen is kept in this tab: the API tells guests of free ones only. */
export const keepSlot = (slot) => sessionStorage.setItem(`slot:${slot.id}`, JSON.stringify(slot));
export const keptSlot = (id) => JSON.parse(sessionStorage.getItem(`slot:${id}`) ?? 'null');

export function choose(slot, extra = {}, options) {
  keepSlot(slot);
  return go({ doctor: slot.doctor.id, slot: slot.id, ...extra }, options);
}

/** @param pick what becomes of the slot that is pressed @param withDoctor names the doctor, with the day on request */
export function slotButton(slot, pick, { withDoctor = false, withDay = false } = {}) {
  const lines = [
    withDay && h('small', {}, dayHeading(slot.date, today())),
    h('span', {}, slot.start_time),
    withDoctor && h('small', {}, personName(slot.doctor)),
  ];
  return h('button', { type: 'button', class: 'slot', onclick: () => pick(slot) }, lines);
}

/** @returns slots by their day, in order: [day, slots][] */
export function byDay(slots) {
  const days = new Map();
  for (const slot of slots) days.set(slot.date, [...(days.get(slot.date) ?? []), slot]);
  return [...days];
}

/** Other times in place of one that can't be had. */
export const alternativesList = (slots, pick, own) =>
  h(
    'ul',
    { class: 'slots wide' },
    slots.map((slot) =>
      h('li', {}, slotButton(slot, pick, { withDay: true, withDoctor: slot.doctor.id !== own })),
    ),
  );
