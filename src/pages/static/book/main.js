import { clinic, loadClinic } from '../shared/clinic.js';
import { byId, h, put, show } from '../shared/dom.js';
import { follow, go, link, route } from '../shared/route.js';
import { me, onSessionChange } from '../shared/session.js';
import { loadTexts, t } from '../shared/text.js';
import { action, empty, explain, languages, waiting, watchNetwork } from '../shared/ui.js';
import { doctorsView } from './doctors.js';
import { doneView } from './done.js';
import { signInView } from './signing-in.js';
import { timesView } from './times.js';
import { visitView } from './visit.js';
import { visitsView } from './visits.js';
import { waitView } from './wait.js';

/** Which view an address means; those that are somebody's own ask who it is first. */
function viewOf(to) {
  if (to.view === 'sign-in') return { view: signInView };
  if (to.view === 'visits') return { view: visitsView, own: true };
  if (to.done) return { view: doneView, own: true };
  if (to.view === 'wait') return { view: waitView, own: true };
  if (to.slot) return { view: visitView };
  if (to.doctor || to.any) return { view: timesView };
  return { view: doctorsView };
}

let drawn = 0;
async function draw() {
  drawn += 1;
  const mine = drawn;
  const to = route();
  const { view, own } = viewOf(to);
  put(byId('view'), waiting());
  try {
    await loadClinic();
    byId('clinic').textContent = clinic().name;
    const isCurrent = () => mine === drawn;
    await (own && !me() ? signInView : view)(to, isCurrent);
  } catch (error) {
    if (!error.code) throw error;
    if (mine !== drawn) return;
    // A guest where the directory is not public, or a session that has ended.
    if (error.status === 401) return signInView({ ...to, closed: !me() });
    show(t('went_wrong'), empty(explain(error), action(t('try_again'), draw, { className: 'primary' })));
  }
}

function header() {
  put(
    byId('corner'),
    me() ? h('a', link({ view: 'visits' }), t('my_visits')) : h('a', link({ view: 'sign-in' }), t('sign_in')),
    languages(),
  );
}

await loadTexts('book');
byId('home').addEventListener('click', (event) => {
  event.preventDefault();
  go({});
});
watchNetwork();
header();
onSessionChange(header);
// Somebody who signs in goes on where they were; whoever signs out begins anew.
onSessionChange(() =>
  me() && route().view !== 'sign-in' ? draw() : go(me() ? { view: 'visits' } : {}, { replace: true }),
);
await follow(draw);
