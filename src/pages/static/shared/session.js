/** Who is signed in, in this tab only: nothing of it outlives the tab. */

const KEY = 'session';
const read = () => JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
let current = read();
const changed = new EventTarget();
// A tab that was duplicated has the same refresh token, which serves once: both go on with the newer pair.
const tabs = new BroadcastChannel('session');
tabs.onmessage = ({ data: { spent, pair } }) => {
  if (current?.refresh === spent) keep({ ...current, ...pair });
};

function keep(session) {
  current = session;
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
}

export const session = () => current;
export const me = () => current?.user;

/** @param answer of a sign-in: tokens and `user` */
export function begin({ access, refresh, user }) {
  keep({ access, refresh, user });
  changed.dispatchEvent(new Event('change'));
}

/** What of them has changed. */
export const update = (user) => keep({ ...current, user: { ...current.user, ...user } });

/** @param isOver it has ended by itself: nobody has signed out here */
export function forget(isOver = false) {
  if (!current) return;
  keep(null);
  changed.dispatchEvent(new CustomEvent('change', { detail: isOver }));
}

/** Keeps the pair that came for a refresh token, and hands it to a duplicate of this tab. Whoever has signed in since keeps theirs. */
export function renew(spent, { access, refresh }) {
  if (current?.refresh !== spent) return;
  keep({ ...current, access, refresh });
  tabs.postMessage({ spent, pair: { access, refresh } });
}

export const onSessionChange = (listener) => changed.addEventListener('change', listener);
