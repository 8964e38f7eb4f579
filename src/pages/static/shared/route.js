import { query } from './api.js';

/** Where in the page one is: all of it stands in the address, so that a reload and the back button lead there. */

export const route = () => Object.fromEntries(new URLSearchParams(location.search));

let draw = () => {};
/** @param view draws what the address says */
export function follow(view) {
  draw = view;
  addEventListener('popstate', draw);
  return draw();
}

const addressOf = (to) => `${location.pathname}${query(to)}`;

export function go(to, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', addressOf(to));
  return draw();
}

/** Attributes of a link within the page; opened in another tab it works as well. */
export const link = (to) => ({
  href: addressOf(to),
  onclick: (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  },
});
