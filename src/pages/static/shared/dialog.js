import { h, keepFocus } from './dom.js';
import { t } from './text.js';
import { form } from './ui.js';

/** What is asked over the page. */

/** A dialog over the page; Escape and the button close it, and the focus goes back to where it was. */
export function dialog(heading, ...content) {
  const id = 'dialog-heading';
  const refocus = keepFocus();
  const element = h(
    'dialog',
    {
      'aria-labelledby': id,
      onclose: () => {
        element.remove();
        // What it was opened from may have been drawn anew meanwhile.
        refocus();
      },
    },
    h(
      'header',
      {},
      h('h2', { id, tabindex: '-1' }, heading),
      h(
        'button',
        { type: 'button', class: 'icon', 'aria-label': t('close'), onclick: () => element.close() },
        '✕',
      ),
    ),
    content,
  );
  document.body.append(element);
  element.showModal();
  return element;
}

/** Asks before something that can't be undone. @param act is done on yes */
export function ask(heading, text, yes, act, ...parts) {
  const element = dialog(
    heading,
    text && h('p', {}, text),
    form(parts, yes, async (values) => {
      await act(values);
      element.close();
    }),
    h('button', { type: 'button', class: 'plain', onclick: () => element.close() }, t('back')),
  );
  return element;
}
