import { post } from './api.js';
import { h, put } from './dom.js';
import { begin } from './session.js';
import { t } from './text.js';
import { action, field, form } from './ui.js';

/** What follows a right password where it is not enough: a code of an app, or setting one up. */

const codeField = (hint) =>
  field('code', t('second_step_code'), {
    hint,
    autocomplete: 'one-time-code',
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
  });

/** The codes are shown once: nobody goes on without having seen them. */
const recoveryCodes = ({ recovery_codes, sign_in }, then) =>
  form(
    [
      h('p', { role: 'status' }, t('recovery_about')),
      h(
        'ul',
        { class: 'recovery-codes' },
        recovery_codes.map((code) => h('li', {}, h('code', {}, code))),
      ),
    ],
    t('recovery_kept'),
    async () => {
      begin(sign_in);
      await then();
    },
  );

async function setUp(ticket, then, place) {
  const { secret, uri } = await post('/auth/two-step/enrol/', { ticket }, { guest: true });
  return form(
    [
      h('p', {}, t('second_step_enrol')),
      h('p', {}, h('code', {}, (secret.match(/.{1,4}/g) ?? []).join(' '))),
      h('p', {}, h('a', { href: uri }, t('second_step_app'))),
      codeField(),
    ],
    t('second_step_go_on'),
    async ({ code }) => {
      const body = { ticket, code: code ?? '' };
      const confirmed = await post('/auth/two-step/confirm/', body, { guest: true });
      show(place, recoveryCodes(confirmed, then));
    },
  );
}

const showCode = (ticket, then) =>
  form([codeField(t('second_step_hint'))], t('second_step_go_on'), async ({ code }) => {
    begin(await post('/auth/login/second-step/', { ticket, code: code ?? '' }, { guest: true }));
    await then();
  });

function show(place, ...parts) {
  put(place, ...parts);
  place.querySelector('input, button')?.focus();
}

/**
 * Goes on in the place of the form in which the password was typed.
 * @param problem `second_step_required`
 * @param back shows that form again
 */
export async function goOn({ ticket, next }, { place, then, back }) {
  const step = next === 'enrol' ? await setUp(ticket, then, place) : showCode(ticket, then);
  show(place, step, action(t('back'), back));
}
