import { isDoctor } from '../shared/caller.js';
import { byId, h, put } from '../shared/dom.js';
import { session } from '../shared/session.js';
import { listen } from '../shared/stream.js';
import { t } from '../shared/text.js';
import { loadAside } from './aside.js';
import { doctors, reload, shown, visitBy } from './day-data.js';
import { isInHand } from './hand.js';

/** Keeps the day as it is: hears of each change, and while it hears nothing says so in red and asks by itself. */

const EVERY = 15_000;
/** What happens together is read together. */
const TOGETHER = 50;
/** A dialog is open, something is pressed or dragged, or nobody looks: later. */
const LATER = 300;
/** An answer that failed. */
const AGAIN = 3_000;

let isLive = false;
let stop = () => {};
let timer;
/** What is to be read again: of which doctors, or of all; and what stands beside the day. */
let changed = { whose: new Set(), all: false, aside: false };
let reading;

function sign() {
  const place = byId('live');
  if (!place) return;
  put(
    place,
    isLive
      ? h('span', { class: 'live' }, `● ${t('live')}`)
      : h('span', { class: 'not-live' }, `● ${t('not_live')}`),
  );
}

const isBusy = () =>
  document.visibilityState !== 'visible' || document.querySelector('dialog[open]') || isInHand();

async function readChanged() {
  reading = undefined;
  // Over the figures or the sign-in there is no day to keep.
  if (!session() || !shown().date) return;
  if (isBusy()) return readSoon(LATER);
  const { whose, all, aside } = changed;
  changed = { whose: new Set(), all: false, aside: false };
  try {
    if (aside) await loadAside();
    if (all) await reload();
    else if (whose.size > 0 || aside) await reload(...whose);
  } catch (error) {
    if (!error.code) throw error;
    // What is refused will be refused again. The rest is told once, and is still to be read.
    if (error.status !== 429 && error.status < 500) return;
    for (const one of whose) changed.whose.add(one);
    changed.all ||= all;
    changed.aside ||= aside;
    readSoon(AGAIN);
  }
}

function readSoon(time = TOGETHER) {
  if (reading !== undefined) return;
  reading = setTimeout(readChanged, time);
}

function readAll() {
  Object.assign(changed, { all: true, aside: true });
  readSoon();
}

function onEvent(type, { id, doctor }) {
  const known = (one) => doctors().some((other) => other.id === one);
  if (type.startsWith('waitlist.') || type.startsWith('absence.')) changed.aside = true;
  // A visit leaves the doctor with whom it stands here, whoever has it now.
  const had = type.startsWith('appointment.') ? visitBy(id)?.doctor.id : undefined;
  for (const one of [had, doctor]) if (one) changed.whose.add(one);
  const isOfDay = type.startsWith('appointment.') || type.startsWith('timeslot.');
  if (type.startsWith('holiday.') || (isOfDay && doctor && !known(doctor))) changed.all = true;
  readSoon();
}

function onLive(is, hasMissed) {
  isLive = is;
  sign();
  if (is && hasMissed) readAll();
}

/** Of the day that is shown. */
export function beLive() {
  leaveLive();
  sign();
  const { date, branch } = shown();
  stop = listen({ date, branch: isDoctor() ? undefined : branch }, { onEvent, onLive });
  timer = setInterval(() => !isLive && readAll(), EVERY);
}

/** No day is shown. */
export function leaveLive() {
  stop();
  stop = () => {};
  isLive = false;
  clearInterval(timer);
  changed = { whose: new Set(), all: false, aside: false };
}

document.addEventListener('visibilitychange', () => !isLive && readAll());
