import { byId, h, put } from '../shared/dom.js';
import { session } from '../shared/session.js';
import { t } from '../shared/text.js';
import { loadAside } from './aside.js';
import { reload, shown } from './day.js';

/** Keeps the day as it is: asks by itself, and says so in red. */

const EVERY = 15_000;
let timer;

const sign = () => put(byId('live'), h('span', { class: 'not-live' }, `● ${t('not_live')}`));

async function ask() {
  // Over the figures or the sign-in there is no day to keep.
  if (!session() || !shown().date) return;
  // A window that nobody looks at asks nothing; it is asked at once when somebody looks again.
  if (document.visibilityState === 'visible' && !document.querySelector('dialog[open]'))
    await Promise.all([reload(), loadAside()]).catch((error) => {
      if (!error.code) throw error;
    });
}

export function beLive() {
  clearInterval(timer);
  sign();
  timer = setInterval(ask, EVERY);
}

document.addEventListener('visibilitychange', ask);
