/** Small helpers for elements. Text is always set as text, so nothing that people typed can become markup. */

const isShown = (child) => child !== undefined && child !== null && child !== false && child !== '';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(isShown));
  return element;
}

/**
 * Makes an element.
 * @param attributes by name; a function is a listener (`onclick`), false and undefined leave the attribute out
 * @param children elements and texts, nested as they come; what is empty is left out
 */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

const SVG = 'http://www.w3.org/2000/svg';
/** The same for drawings. */
export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Puts new content into a place. */
export function put(place, ...children) {
  place.replaceChildren(...children.flat(Infinity).filter(isShown));
  return place;
}

/**
 * Where the focus is: `data-id` says what has it, `data-at` the place, for when it has gone.
 * @returns what puts it there again once that has been drawn anew
 */
export function keepFocus() {
  const { id, at } = document.activeElement.dataset;
  const find = (name, value) => value && document.querySelector(`[data-${name}="${CSS.escape(value)}"]`);
  return () => {
    if (document.activeElement !== document.body) return;
    (find('id', id) ?? find('at', at))?.focus({ preventScroll: true });
  };
}

/** Tells people who do not see the page what has happened. */
export function announce(text) {
  const place = byId('announced');
  // The same words twice are heard twice.
  place.textContent = '';
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}

/**
 * Shows a view in place of the one before, and begins reading at its heading.
 * @param heading what the view is called: it becomes the page's title too
 */
export function show(heading, ...children) {
  // What was asked belongs to the view before, and may be somebody else's who has signed out.
  for (const open of document.querySelectorAll('dialog[open]')) open.close();
  const title = h('h1', { tabindex: '-1' }, heading);
  put(byId('view'), title, ...children);
  document.title = `${heading} · ${byId('clinic').textContent}`;
  window.scrollTo(0, 0);
  title.focus({ preventScroll: true });
}
