import { isPatient, seesFigures } from '../shared/caller.js';
import { clinic, loadClinic, loadSpecialities, now } from '../shared/clinic.js';
import { dialog } from '../shared/dialog.js';
import { byId, h, put, show } from '../shared/dom.js';
import { passkeyPanel, passkeyWay, takesPasskeys } from '../shared/passkeys.js';
import { follow, go, link, route } from '../shared/route.js';
import { forget, me, onSessionChange } from '../shared/session.js';
import { signInForm, signOut } from '../shared/signin.js';
import { addDays, dayName, loadTexts, personName, t } from '../shared/text.js';
import { action, empty, explain, languages, note, waiting, watchNetwork } from '../shared/ui.js';
import { drawAside, loadAside } from './aside.js';
import { drawCarried, letGo } from './carry.js';
import { leaveDay, loadDay, onDayChange, shown } from './day-data.js';
import { figuresView } from './figures.js';
import { drawGrid, drawNow, SIGNS } from './grid.js';
import { withEmptyHand } from './hand.js';
import { watchIdle } from './idle.js';
import { beLive, leaveLive } from './live.js';
import { drawSheet } from './print.js';

/** The desk: one day of the clinic. Which day, branch and view stand in the address. */

/** Of day, branch and view, only what changes. */
const turn = (changes) => go({ ...route(), ...changes });

const dateNow = () => route().date ?? now().date;
const days = (count) => turn({ date: addDays(dateNow(), count) });

function toolbar() {
  const { date = now().date, branch, by } = route();
  const { branches } = clinic();
  return h(
    'div',
    { class: 'toolbar' },
    h(
      'div',
      { class: 'dates' },
      action('‹', () => days(-1), { className: 'icon', 'aria-label': t('day_before') }),
      h('input', {
        type: 'date',
        value: date,
        'aria-label': t('day_choose'),
        onchange: ({ target }) => target.value && turn({ date: target.value }),
      }),
      action('›', () => days(1), { className: 'icon', 'aria-label': t('day_after') }),
      action(t('today'), () => turn({ date: undefined })),
    ),
    branches.length > 1 &&
      h(
        'select',
        { 'aria-label': t('branch'), onchange: ({ target }) => turn({ branch: target.value }) },
        h('option', { value: '' }, t('all_branches')),
        branches.map(({ id, name }) => h('option', { value: id, selected: String(id) === branch }, name)),
      ),
    h(
      'select',
      { 'aria-label': t('columns'), onchange: ({ target }) => turn({ by: target.value }) },
      ['doctors', 'rooms'].map((value) =>
        h('option', { value, selected: value === (by ?? 'doctors') }, t(`by_${value}`)),
      ),
    ),
    h('span', { id: 'live', role: 'status' }),
    action(t('print'), () => {
      drawSheet();
      print();
    }),
  );
}

const legend = () =>
  h(
    'p',
    { class: 'legend' },
    ['pending', 'confirmed', 'arrived', 'completed', 'no_show'].map((state) =>
      h('span', { class: state }, `${SIGNS[state]} ${t(`legend_${state}`)}`),
    ),
    h('span', { class: 'hint keys' }, t('keys')),
  );

/** How much of what is over is seen above the line of now, in pixels. */
const ABOVE_NOW = 280;

let isShown = false;
async function dayView(isCurrent) {
  const { date = now().date, branch } = route();
  put(byId('view'), h('h1', { class: 'unseen' }, t('desk_title')), waiting());
  await loadDay(date, branch && Number(branch));
  if (!isCurrent()) return;
  await loadAside();
  if (!isCurrent()) return;
  const day = dayName(date, now().date);
  show(
    day.charAt(0).toUpperCase() + day.slice(1),
    toolbar(),
    h('div', { id: 'carried', role: 'status' }),
    h(
      'div',
      { class: 'board' },
      h('div', { id: 'grid' }),
      h('aside', { id: 'aside', 'aria-label': t('beside') }),
    ),
    legend(),
    h('div', { id: 'sheet', 'aria-hidden': 'true' }),
  );
  isShown = true;
  drawCarried();
  redraw();
  // What is over stays above; what comes next is what one looks for.
  byId('grid').firstElementChild.scrollTop = Math.max(0, (byId('now')?.offsetTop ?? 0) - ABOVE_NOW);
  beLive();
}

function redraw() {
  if (!isShown) return;
  drawGrid(byId('grid'), route().by);
  drawAside(byId('aside'));
}

/** Nothing is listened to any more: a stream that ended with the session would ask why. */
function leave() {
  leaveLive();
  return signOut();
}

async function endIdle() {
  await leave();
  note(t('idle'), 'bad');
}

let offersPasskeys = false;
function header() {
  const { view } = route();
  const tab = (to, label) =>
    h('a', { ...link({ ...route(), view: to }), 'aria-current': view === to ? 'page' : undefined }, label);
  put(
    byId('corner'),
    me() && seesFigures() && [tab(undefined, t('the_day')), tab('figures', t('figures'))],
    me() && h('span', { class: 'me' }, personName(me())),
    me() && offersPasskeys && action(t('passkeys'), () => void dialog(t('passkeys'), passkeyPanel())),
    me() && action(t('sign_out'), leave),
    languages(),
  );
}

let stopIdle = () => {};
let drawn = 0;
/** An older load that ends later draws nothing over a newer one. */
async function draw() {
  drawn += 1;
  const mine = drawn;
  const isCurrent = () => mine === drawn;
  isShown = false;
  leaveLive();
  leaveDay();
  header();
  stopIdle();
  try {
    await loadClinic();
    if (!isCurrent()) return;
    byId('clinic').textContent = clinic().name;
    if (!me()) {
      // Whoever signs in next carries nothing of somebody else's.
      letGo();
      return show(t('desk_title'), h('div', { class: 'narrow stack' }, signInForm(), passkeyWay()));
    }
    if (isPatient())
      return show(t('for_staff'), empty(t('for_staff_text'), h('a', { href: '/book/' }, t('to_book'))));
    stopIdle = watchIdle(endIdle);
    await loadSpecialities();
    if (!isCurrent()) return;
    await (route().view === 'figures' && seesFigures()
      ? figuresView(route(), turn, isCurrent)
      : dayView(isCurrent));
  } catch (error) {
    if (!error.code) throw error;
    if (!isCurrent()) return;
    if (error.status === 401) return forget();
    show(t('went_wrong'), empty(explain(error), action(t('try_again'), draw, { className: 'primary' })));
  }
}

await loadTexts('desk');
watchNetwork();
byId('home').addEventListener('click', (event) => {
  event.preventDefault();
  void turn({ date: undefined, view: undefined });
});
addEventListener('keydown', (event) => {
  if (!shown().date || !['PageUp', 'PageDown'].includes(event.key)) return;
  if (event.target.closest?.('input, select, textarea, dialog, aside')) return;
  event.preventDefault();
  void days(event.key === 'PageUp' ? -1 : 1);
});
void takesPasskeys().then((takes) => {
  offersPasskeys = takes;
  if (takes) header();
});
onDayChange(() => withEmptyHand(redraw));
onSessionChange(draw);
setInterval(drawNow, 30_000);
await follow(draw);
