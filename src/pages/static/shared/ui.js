import { onNetworkChange } from './api.js';
import { announce, byId, h, put } from './dom.js';
import { chooseLanguage, language, named, t } from './text.js';

/** What both pages are made of: fields, forms, notes. */

/** In words that a patient understands: the page's own where it has some, else the API's in the page's language. */
const inOwnWords = (group, { code, message }) => {
  const own = named(group, code);
  return own === code ? message : own;
};
export const explain = (problem) => inOwnWords('problems', problem);
const explainField = (error) => inOwnWords('fields', error);
/** With what is wrong with its fields, where no form shows it. */
export const explainAll = (problem) =>
  problem.errors.length > 0 ? problem.errors.map(explainField).join(' ') : explain(problem);

let fields = 0;
/**
 * A labelled field.
 * @param name of the field in the API's body: its error is shown beside it
 * @param attributes of the input; `options` makes it a choice, `rows` a text of several lines
 */
export function field(name, label, { options, hint, ...attributes } = {}) {
  fields += 1;
  const id = `field-${fields}`;
  const about = hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : undefined;
  const error = h('p', { class: 'error', id: `${id}-error` });
  const common = { id, name, 'aria-describedby': [about?.id, error.id].filter(Boolean).join(' ') };
  let input;
  if (options)
    input = h(
      'select',
      { ...common, ...attributes },
      options.map(({ value, label: text, selected }) => h('option', { value, selected }, text)),
    );
  else input = h(attributes.rows ? 'textarea' : 'input', { ...common, ...attributes });
  return h(
    'div',
    { class: 'field', 'data-field': name },
    h('label', { for: id }, label),
    about,
    input,
    error,
  );
}

/** A field to tick. */
export function tick(name, label, attributes) {
  fields += 1;
  const id = `field-${fields}`;
  const error = h('p', { class: 'error', id: `${id}-error` });
  return h(
    'div',
    { class: 'field tick', 'data-field': name },
    h('input', { id, name, type: 'checkbox', 'aria-describedby': error.id, ...attributes }),
    h('label', { for: id }, label),
    error,
  );
}

/** One of several, as large areas to touch. @param choices `{value, label, note}` */
export function choice(name, legend, choices, chosen, onchange) {
  return h(
    'fieldset',
    { class: 'choices', 'data-field': name },
    h('legend', {}, legend),
    choices.map(({ value, label, note }) => {
      fields += 1;
      const id = `field-${fields}`;
      return h(
        'label',
        { class: 'choice', for: id },
        h('input', { id, type: 'radio', name, value, checked: String(value) === String(chosen), onchange }),
        h(
          'span',
          {},
          h('span', { class: 'choice-label' }, label),
          note && h('small', { class: 'choice-note' }, note),
        ),
      );
    }),
    h('p', { class: 'error' }),
  );
}

/** What stands in a form's fields, by name; empty ones are left out. */
export function valuesOf(form) {
  const values = {};
  for (const element of form.elements) {
    if (!element.name || element.disabled) continue;
    if (element.type === 'radio' && !element.checked) continue;
    if (element.type === 'checkbox') values[element.name] = element.checked;
    else if (element.value.trim() !== '') values[element.name] = element.value.trim();
  }
  return values;
}

/** Shows beside each field what is wrong with it, the rest above the button, and leads to the first. */
export function showProblem(form, problem) {
  for (const place of form.querySelectorAll('.error')) put(place);
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  if (!problem) return;
  const rest = [];
  for (const error of problem.errors) {
    const place = form.querySelector(`[data-field="${CSS.escape(error.path.split('.').at(-1))}"]`);
    if (!place) {
      rest.push(explainField(error));
      continue;
    }
    put(place.querySelector('.error'), explainField(error));
    place.querySelector('input, select, textarea')?.setAttribute('aria-invalid', 'true');
  }
  const first = form.querySelector('[aria-invalid]');
  const above = form.querySelector('.form-error');
  if (!first || rest.length > 0) put(above, problem.errors.length > 0 ? rest.join(' ') : explain(problem));
  (first ?? above).focus();
}

/**
 * A form that says what went wrong where it did, and can't be sent twice.
 * @param send does it, with the values; what it throws is shown
 */
export function form(parts, button, send, attributes) {
  const submit = h('button', { type: 'submit', class: 'primary' }, button);
  const element = h(
    'form',
    {
      ...attributes,
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        if (submit.getAttribute('aria-busy') === 'true') return;
        showProblem(element);
        submit.setAttribute('aria-busy', 'true');
        try {
          await send(valuesOf(element), element);
        } catch (error) {
          if (!error.code) throw error;
          showProblem(element, error);
        } finally {
          submit.removeAttribute('aria-busy');
        }
      },
    },
    parts,
    h('p', { class: 'error form-error', tabindex: '-1' }),
    submit,
  );
  return element;
}

/** A button that is busy while it works, and says below what went wrong. */
export function action(label, act, { className = 'plain', ...attributes } = {}) {
  const button = h(
    'button',
    {
      type: 'button',
      class: className,
      ...attributes,
      onclick: async (event) => {
        event.stopPropagation();
        if (button.getAttribute('aria-busy') === 'true') return;
        button.setAttribute('aria-busy', 'true');
        try {
          await act();
        } catch (error) {
          if (!error.code) throw error;
          note(explain(error), 'bad');
        } finally {
          button.removeAttribute('aria-busy');
        }
      },
    },
    label,
  );
  return button;
}

let fading;
/** A short note at the foot of the page. @param kind `good` or `bad` */
export function note(text, kind = 'good') {
  const place = byId('note');
  put(place, h('p', { class: kind }, text));
  clearTimeout(fading);
  // What went wrong stays long enough to be read twice.
  fading = setTimeout(() => put(place), kind === 'bad' ? 15_000 : 6_000);
}

/** What is known by name, for a list of such; nothing where it is not known. */
export const line = (label, value) => value && [h('dt', {}, label), h('dd', {}, value)];

/** A place that says that something is coming. */
export const waiting = () => h('p', { class: 'waiting', role: 'status' }, t('loading'));

const loads = new WeakMap();
/**
 * Puts into a place what has to be read first. A refusal is shown in its stead, and can be tried again; an older load that
 * ends later is dropped.
 * @param load reads it and returns what to show; it is told how to learn whether it is still wanted
 */
export async function later(place, load) {
  loads.set(place, load);
  const isCurrent = () => loads.get(place) === load;
  put(place, waiting());
  try {
    const content = await load(isCurrent);
    if (isCurrent()) put(place, content);
  } catch (error) {
    if (!error.code) throw error;
    if (!isCurrent()) return;
    put(
      place,
      empty(
        explain(error),
        action(t('try_again'), () => later(place, load)),
      ),
    );
    announce(explain(error));
  }
}

export const empty = (text, ...more) => h('div', { class: 'empty' }, h('p', {}, text), more);

/** The choice of language, each in its own words. */
export function languages() {
  const isNarrow = matchMedia('(max-width: 30rem)').matches;
  const names = isNarrow
    ? { uz: 'Oʻz', ru: 'Рус', en: 'Eng' }
    : { uz: 'Oʻzbekcha', ru: 'Русский', en: 'English' };
  return h(
    'select',
    {
      class: 'languages',
      'aria-label': t('language'),
      onchange: ({ target }) => chooseLanguage(target.value),
    },
    Object.entries(names).map(([value, label]) =>
      h('option', { value, lang: value, selected: value === language }, label),
    ),
  );
}

/** Says so while the network is away. */
export function watchNetwork() {
  onNetworkChange((online) => {
    put(byId('network'), online ? undefined : h('p', {}, t('offline')));
    if (online) announce(t('online'));
  });
}

/** Somebody's picture, or the letters of their name. */
export function portrait({ photo, first_name, last_name }) {
  if (photo)
    return h('img', { class: 'portrait', src: photo.small, alt: '', width: 56, height: 56, loading: 'lazy' });
  const letters = [first_name, last_name].map((name) => name?.charAt(0) ?? '').join('');
  return h('span', { class: 'portrait', 'aria-hidden': 'true' }, letters);
}
