import { newKey, Problem, post } from './api.js';
import { route } from './route.js';
import { begin, me } from './session.js';

/** Signing in with an account elsewhere: to its provider and back, or as a Mini App that Telegram has opened. */

const KEY = 'provider';

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** The secret is made here, and its hash needs a page that came by HTTPS. */
export const canLeave = () => globalThis.crypto?.subtle !== undefined;

/** Leaves for a provider's page; the secret stays in this tab (RFC 7636). */
export async function leaveFor(name, accept_terms) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const state = newKey();
  sessionStorage.setItem(KEY, JSON.stringify({ verifier, state, search: location.search }));
  const body = {
    redirect_uri: `${location.origin}${location.pathname}`,
    code_challenge: base64url(new Uint8Array(hash)),
    state,
    accept_terms: accept_terms || undefined,
  };
  const { authorization_url } = await post(`/auth/providers/${name}/start/`, body, { guest: true });
  location.assign(authorization_url);
}

/** What Telegram hands a Mini App, behind the `#` of its address. */
const init_data = new URLSearchParams(location.hash.slice(1)).get('tgWebAppData') ?? undefined;

export const isMiniApp = init_data !== undefined;

export async function comeByMiniApp(accept_terms) {
  begin(
    await post('/auth/telegram/', { init_data, accept_terms: accept_terms || undefined }, { guest: true }),
  );
}

/** Whoever comes back from a provider is where they left from. @throws Problem */
async function comeBack() {
  const { code, error, state } = route();
  if (state === undefined || (code ?? error) === undefined) return;
  const left = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  sessionStorage.removeItem(KEY);
  history.replaceState(null, '', `${location.pathname}${left.search ?? ''}`);
  // Somebody else's link, or one that was followed before.
  if (left.state !== state) throw new Problem(0, { code: 'invalid_state' });
  if (error !== undefined) throw new Problem(0, { code: error });
  const body = { code, code_verifier: left.verifier };
  begin(await post('/auth/providers/token/', body, { guest: true }));
}

let refusal;
/** Why whoever has just come is not signed in; told once. */
export function takeRefusal() {
  const problem = refusal;
  refusal = undefined;
  return problem;
}

/** Signs in whoever comes from elsewhere as the page opens. */
export async function arrive() {
  try {
    await comeBack();
    if (isMiniApp && !me()) await comeByMiniApp();
  } catch (problem) {
    if (!problem.code) throw problem;
    // A bot whose people this clinic does not take.
    if (problem.code === 'provider_not_found') return;
    refusal = problem;
  }
}
