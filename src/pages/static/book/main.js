import { get, Problem } from '../shared/api.js';
import { clinic, loadClinic, loadSpecialities } from '../shared/clinic.js';
import { byId, h, put, show } from '../shared/dom.js';
import { arrive } from '../shared/providers.js';
import { follow, go, link, route } from '../shared/route.js';
import { me, onSessionChange } from '../shared/session.js';
import { loadTexts, t } from '../shared/text.js';
import { action, empty, explain, languages, waiting, watchNetwork } from '../shared/ui.js';
import { doctorsView, readDoctors } from './doctors.js';

/** What comes after the first step is fetched once that is shown: on a slow line there is something to read meanwhile. */
const LATER = {
  signInView: () => import('./signing-in.js'),
  timesView: () => import('./times.js'),
  visitView: () => import('./visit.js'),
  doneView: () => import('./done.js'),
  visitsView: () => import('./visits.js'),
  waitView: () => import('./wait.js'),
};

const isReloaded = () => performance.getEntriesByType('navigation')[0]?.type === 'reload';

/** A module that was lost with the network stays lost to this page: a new one asks for it again, where this one stood. */
async function bring(name) {
  if (name === 'doctorsView') return doctorsView;
  try {
    return (await LATER[name]())[name];
  } catch {
    await get('/clinic/', { guest: true });
    if (isReloaded()) throw new Problem(0, { code: 'no_network' });
    location.reload();
    return new Promise(() => {});
  }
}

/** Which view an address means; those that are somebody's own ask who it is first. */
function viewOf(to) {
  if (to.view === 'sign-in') return 'signInView';
  if (to.view === 'visits') return me() ? 'visitsView' : 'signInView';
  if (to.done) return me() ? 'doneView' : 'signInView';
  if (to.view === 'wait') return me() ? 'waitView' : 'signInView';
  if (to.slot) return 'visitView';
  return to.doctor || to.any ? 'timesView' : 'doctorsView';
}

const texts = loadTexts('book');
let drawn = 0;
async function draw() {
  drawn += 1;
  const mine = drawn;
  const isCurrent = () => mine === drawn;
  const to = route();
  const name = viewOf(to);
  try {
    // All at once: each way to and fro costs a phone a third of a second.
    const reading = name === 'doctorsView' ? readDoctors(to) : undefined;
    const [view, read] = await Promise.all([
      bring(name),
      reading,
      texts.then(
        () => isCurrent() && put(byId('view'), h('h1', { class: 'unseen' }, t('book_title')), waiting()),
      ),
      loadClinic(),
      loadSpecialities(),
    ]);
    byId('clinic').textContent = clinic().name;
    await view(to, isCurrent, read);
  } catch (error) {
    if (!error.code) throw error;
    if (!isCurrent()) return;
    // A guest where the directory is not public, or a session that has ended.
    if (error.status === 401) return (await bring('signInView'))({ ...to, closed: !me() });
    const again = isReloaded() && error.code === 'no_network' ? () => location.reload() : draw;
    show(t('went_wrong'), empty(explain(error), action(t('try_again'), again, { className: 'primary' })));
  }
}

function header() {
  put(
    byId('corner'),
    me() ? h('a', link({ view: 'visits' }), t('my_visits')) : h('a', link({ view: 'sign-in' }), t('sign_in')),
    languages(),
  );
}

void texts.then(watchNetwork);
await arrive();
if (me() && route().view === 'sign-in') history.replaceState(null, '', link({ view: 'visits' }).href);
const drawing = follow(draw);
await texts;
byId('home').addEventListener('click', (event) => {
  event.preventDefault();
  go({});
});
header();
onSessionChange(header);
// Somebody who signs in goes on where they were, and so does whose session has ended by itself; whoever signs out begins anew.
onSessionChange(({ detail: isOver }) =>
  isOver || (me() && route().view !== 'sign-in')
    ? draw()
    : go(me() ? { view: 'visits' } : {}, { replace: true }),
);
await drawing;
for (const load of Object.values(LATER)) load().catch(() => {});
