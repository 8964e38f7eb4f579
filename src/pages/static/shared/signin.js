import { post } from './api.js';
import { h, put } from './dom.js';
import { passkeyWay } from './passkeys.js';
import { canLeave, comeByMiniApp, isMiniApp, leaveFor, takeRefusal } from './providers.js';
import { goOn } from './second-step.js';
import { begin, forget } from './session.js';
import { language, t } from './text.js';
import { action, explainAll, field, form, tick } from './ui.js';
import { waysIn } from './ways-in.js';

/** Who somebody is: signing in, registering, or claiming a record that the desk has made. */

async function login({ username, password }) {
  begin(await post('/auth/login/', { username, password }, { guest: true }));
}

/** Signed out here even where the network is away. */
export async function signOut() {
  const end = post('/auth/logout/').catch(() => {});
  await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 2_000))]);
  sessionStorage.clear();
  forget();
}

/** @param options.then what follows on signing in; the session's listeners hear of it anyway */
export function signInForm(then = () => {}) {
  const place = h('div', {});
  const back = () => put(place, password);
  const password = form(
    [
      field('username', t('username_or_phone'), {
        autocomplete: 'username',
        autocapitalize: 'none',
        spellcheck: 'false',
        required: true,
      }),
      field('password', t('password'), {
        type: 'password',
        autocomplete: 'current-password',
        required: true,
      }),
    ],
    t('sign_in'),
    async (values) => {
      try {
        await login({ username: values.username ?? '', password: values.password ?? '' });
      } catch (problem) {
        if (problem.code !== 'second_step_required') throw problem;
        return goOn(problem, { place, then, back });
      }
      await then();
    },
  );
  back();
  return place;
}

/** Of the letters of a name, those that a user name may have. */
const CYRILLIC = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ё: 'yo',
  ж: 'j',
  з: 'z',
  и: 'i',
  й: 'y',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'x',
  ц: 's',
  ч: 'ch',
  ш: 'sh',
  щ: 'sh',
  ъ: '',
  ы: 'i',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
  ў: 'o',
  қ: 'q',
  ғ: 'g',
  ҳ: 'h',
};
const latin = (text) =>
  Array.from(text.toLowerCase(), (letter) => CYRILLIC[letter] ?? letter)
    .join('')
    .replace(/[^a-z0-9]/g, '');

/** Proposes a user name while the name is typed, for as long as nobody has typed another. */
function proposeUsername(element) {
  const { first_name, last_name, username } = element.elements;
  let proposed = '';
  const propose = () => {
    if (username.value !== proposed) return;
    proposed = [latin(first_name.value), latin(last_name.value)].filter(Boolean).join('.').slice(0, 50);
    username.value = proposed;
  };
  first_name.addEventListener('input', propose);
  last_name.addEventListener('input', propose);
  return element;
}

const account = () => [
  field('username', t('username'), {
    hint: t('username_hint'),
    autocomplete: 'username',
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
  }),
  field('password', t('password'), {
    hint: t('password_hint'),
    type: 'password',
    autocomplete: 'new-password',
    required: true,
  }),
];
const phone = () =>
  field('phone', t('phone'), { type: 'tel', autocomplete: 'tel', inputmode: 'tel', required: true });
const terms = () => tick('accept_terms', t('accept_terms'), { required: true });

function registerForm() {
  const send = async ({ username, password, date_of_birth, ...person }) => {
    const { first_name, last_name, phone: number, accept_terms } = person;
    await post(
      '/auth/register/',
      {
        username: username ?? '',
        password: password ?? '',
        role: 'patient',
        first_name,
        last_name,
        phone: number,
        locale: language,
        accept_terms: accept_terms || undefined,
        ...(date_of_birth && { profile: { date_of_birth } }),
      },
      { guest: true },
    );
    await login({ username, password });
  };
  return proposeUsername(
    form(
      [
        field('first_name', t('first_name'), { autocomplete: 'given-name', required: true }),
        field('last_name', t('last_name'), { autocomplete: 'family-name', required: true }),
        phone(),
        field('date_of_birth', t('date_of_birth'), { type: 'date', autocomplete: 'bday' }),
        account(),
        terms(),
      ],
      t('register'),
      send,
    ),
  );
}

/** First the phone, then the code that came to it with the rest. */
function claimForm(place) {
  const confirm = (number, minutes) =>
    form(
      [
        h('p', { role: 'status' }, t('claim_sent', { phone: number, minutes })),
        field('code', t('code'), { inputmode: 'numeric', autocomplete: 'one-time-code', required: true }),
        field('date_of_birth', t('date_of_birth'), { type: 'date', autocomplete: 'bday' }),
        account(),
        terms(),
      ],
      t('claim'),
      async ({ code, date_of_birth, username, password, accept_terms }) => {
        const body = { phone: number, code: code ?? '', username: username ?? '', password: password ?? '' };
        await post(
          '/auth/claim/confirm/',
          { ...body, date_of_birth, accept_terms: accept_terms || undefined },
          { guest: true },
        );
        await login({ username, password });
      },
    );
  return form([h('p', {}, t('claim_about')), phone()], t('claim_send'), async ({ phone: number }) => {
    const { expires_in } = await post('/auth/claim/', { phone: number ?? '' }, { guest: true });
    const next = confirm(number, expires_in / 60);
    put(place, next);
    next.querySelector('input').focus();
  });
}

/** Accounts elsewhere. Whoever comes for the first time gets an account here, and agrees before. */
function providerWays(enter) {
  const place = h('div', { class: 'stack' });
  void waysIn().then(({ results }) => {
    const elsewhere = results.filter(({ name }) => (isMiniApp ? name === 'telegram' : canLeave()));
    if (elsewhere.length === 0) return;
    const agreed = tick('accept_terms', t('accept_terms_new'));
    const isAgreed = () => agreed.querySelector('input').checked;
    put(
      place,
      h('p', { class: 'hint' }, t('by_provider_about')),
      agreed,
      elsewhere.map(({ name, label }) =>
        action(t('by_provider', { name: label }), () =>
          isMiniApp ? enter(() => comeByMiniApp(isAgreed())) : leaveFor(name, isAgreed()),
        ),
      ),
    );
  });
  return place;
}

/** The three ways in, one at a time, and below them those without a password. */
export function signIn() {
  const place = h('div', { class: 'way' });
  const refused = h('div', {});
  /** What follows where a way in leads no further than to the second step, or nowhere. */
  async function goOnFrom(problem) {
    const then = () => {};
    const back = () => choose('sign_in');
    if (problem.code === 'second_step_required') return goOn(problem, { place, then, back });
    put(refused, h('p', { class: 'error', role: 'alert' }, explainAll(problem)));
  }
  async function enter(come) {
    put(refused);
    try {
      await come();
    } catch (problem) {
      if (!problem.code) throw problem;
      await goOnFrom(problem);
    }
  }
  const ways = {
    sign_in: () => signInForm(),
    register: registerForm,
    claim: () => claimForm(place),
  };
  const buttons = Object.keys(ways).map((way) =>
    h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => choose(way) }, t(`way_${way}`)),
  );
  function choose(way) {
    Object.keys(ways).forEach((name, index) => {
      buttons[index].setAttribute('aria-pressed', String(name === way));
    });
    put(place, ways[way]());
  }
  choose('sign_in');
  const refusal = takeRefusal();
  if (refusal) void goOnFrom(refusal);
  return h(
    'section',
    { class: 'sign-in' },
    refused,
    h('div', { class: 'switch', role: 'group' }, buttons),
    place,
    passkeyWay(),
    providerWays(enter),
  );
}
