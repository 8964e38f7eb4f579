import { get, Problem, post, remove } from './api.js';
import { clinic, today } from './clinic.js';
import { ask } from './dialog.js';
import { h, put } from './dom.js';
import { begin } from './session.js';
import { dayName, t, wallOf } from './text.js';
import { action, field, later, note } from './ui.js';
import { waysIn } from './ways-in.js';

/** Signing in with a passkey, and one's own passkeys. */

/** Browsers that cannot read the API's answer by themselves are offered none. */
const canUse = () => typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

/** Whether this server and this browser take passkeys. */
export const takesPasskeys = async () => canUse() && (await waysIn()).passkeys;

/** What a device was asked for. @throws Problem; somebody who changes their mind, or whose device has none, is no error of ours */
async function fromDevice(asking) {
  try {
    const credential = await asking;
    return credential.toJSON();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const code = { NotAllowedError: 'passkey_unused', InvalidStateError: 'passkey_known' }[error.name];
    throw new Problem(0, { code: code ?? 'passkey_failed' });
  }
}

async function signInByPasskey() {
  const { public_key } = await post('/auth/passkeys/sign-in/start/', undefined, { guest: true });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  const credential = await fromDevice(navigator.credentials.get({ publicKey }));
  begin(await post('/auth/passkeys/sign-in/', { credential }, { guest: true }));
}

/** A button, once it is known that it leads somewhere. @param then what follows on signing in */
export function passkeyWay(then = () => {}) {
  const place = h('div', {});
  void takesPasskeys().then((takes) => {
    if (!takes) return;
    put(
      place,
      action(t('passkey_sign_in'), async () => {
        await signInByPasskey();
        await then();
      }),
    );
  });
  return place;
}

async function add({ name }) {
  const { public_key } = await post('/auth/passkeys/start/');
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const credential = await fromDevice(navigator.credentials.create({ publicKey }));
  await post('/auth/passkeys/', { credential, name });
  note(t('passkey_added'));
}

const dayOf = (instant) => dayName(wallOf(new Date(instant), clinic().time_zone).date, today());

function removal({ id, name }, again) {
  ask(t('passkey_remove'), t('passkey_remove_ask', { name }), t('passkey_remove'), async () => {
    await remove(`/auth/passkeys/${id}/`);
    await again();
  });
}

/** One's own passkeys, to look at, to add to, and to remove from: where they are taken. */
export function passkeyPanel() {
  const place = h('div', { class: 'stack passkeys' });
  const again = () => later(place, read);
  async function read() {
    const { results } = await get('/auth/passkeys/');
    const row = (passkey) =>
      h(
        'li',
        { class: 'card' },
        h('strong', {}, passkey.name),
        h(
          'span',
          { class: 'hint' },
          passkey.last_used_at
            ? t('passkey_used', { day: dayOf(passkey.last_used_at) })
            : t('passkey_unused_yet', { day: dayOf(passkey.created_at) }),
        ),
        action(t('passkey_remove'), () => removal(passkey, again)),
      );
    return [
      h('p', {}, t('passkeys_about')),
      results.length > 0 && h('ul', { class: 'cards' }, results.map(row)),
      action(t('passkey_add'), () => naming(again), { className: 'primary' }),
    ];
  }
  void again();
  return place;
}

/** By what name its owner will know it. */
function naming(again) {
  ask(
    t('passkey_add'),
    undefined,
    t('passkey_add'),
    async (values) => {
      await add(values);
      await again();
    },
    field('name', t('passkey_name'), { maxlength: 50, hint: t('passkey_name_hint') }),
  );
}
