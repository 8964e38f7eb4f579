import { h, show } from '../shared/dom.js';
import { signIn } from '../shared/signin.js';
import { t } from '../shared/text.js';

/** @param to.closed the clinic shows its doctors to nobody who is not signed in */
export async function signInView({ closed }) {
  show(t('who_are_you'), closed && h('p', { class: 'lead' }, t('closed_directory')), signIn());
}
