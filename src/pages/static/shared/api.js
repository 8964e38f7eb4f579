import { forget, me, renew, session } from './session.js';
import { language } from './text.js';

/** The public API, as any client calls it. What may be repeated is repeated until the network is back. */

const TIMEOUT = 15_000;
const WAITS = [1_000, 2_000, 4_000, 8_000];
/** How often a server that is too busy is asked again. */
const BUSY_TRIES = 3;

/** An answer that is no success: `code` and the rest as in RFC 9457, or `no_network`. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? body.code);
    Object.assign(this, { alternatives: [], errors: [], ...body, status });
  }
}

/** Of the server's clock to this machine's, in milliseconds: what counts down goes by the server's. */
let ahead = 0;
export const serverNow = () => Date.now() + ahead;

const network = new EventTarget();
let isOnline = true;
function tell(online) {
  if (online === isOnline) return;
  isOnline = online;
  network.dispatchEvent(new CustomEvent('change', { detail: online }));
}
/** @param listener hears whether the server can be reached, each time that changes */
export const onNetworkChange = (listener) =>
  network.addEventListener('change', ({ detail }) => listener(detail));

/**
 * Until so long has passed, or the browser says that the network is back.
 * @param signal nobody waits any more
 */
export const pause = (time, signal) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, time);
    addEventListener('online', done);
    signal?.addEventListener('abort', done);
  });

async function once(method, path, { body, key, version, token, signal }) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT);
  signal?.addEventListener('abort', () => giveUp.abort());
  const headers = { 'accept-language': language };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (key) headers['idempotency-key'] = `"${key}"`;
  if (version) headers['if-match'] = `"${version}"`;
  try {
    const answer = await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      signal: giveUp.signal,
    });
    const text = await answer.text();
    // The header has whole seconds, cut off.
    ahead = (Date.parse(answer.headers.get('date')) + 500 || Date.now()) - Date.now();
    return { answer, body: text === '' ? undefined : JSON.parse(text) };
  } finally {
    clearTimeout(timer);
  }
}

let refreshing;
/** One refresh at a time, whoever asks. @returns whether there is a new pair */
function refresh() {
  refreshing ??= (async () => {
    const { refresh: token } = session();
    try {
      // Repeating it within a minute gives the same pair again.
      renew(
        token,
        await request('POST', '/auth/token/refresh/', {
          body: { refresh: token },
          repeat: true,
          guest: true,
        }),
      );
      return true;
    } catch (error) {
      if (error.status !== 401 && error.status !== 403) throw error;
      // Whoever has signed in since has a session of their own.
      if (session()?.refresh === token) forget(true);
      return false;
    } finally {
      refreshing = undefined;
    }
  })();
  return refreshing;
}

/** How long to wait before the same request is sent again; undefined where it is not. */
function waitAfter({ status, headers }, { code }, busy, mayRepeat) {
  if (!mayRepeat || busy >= BUSY_TRIES) return undefined;
  if (code === 'request_in_progress') return 500;
  if (status !== 503 && status !== 429) return undefined;
  const wait = Number(headers.get('retry-after') ?? 1);
  return wait <= 10 ? wait * 1_000 : undefined;
}

/**
 * Calls the API.
 * @param path below /api, with its query
 * @param options.key an Idempotency-Key: the request may be repeated
 * @param options.version of the record that is meant (If-Match)
 * @param options.guest no token is sent
 * @param options.signal gives it up
 * @throws Problem; `no_network` where the network is away and the request may not be repeated
 */
export async function request(method, path, options = {}) {
  const mayRepeat = options.repeat ?? (method !== 'POST' || options.key !== undefined);
  let busy = 0;
  let refreshed = false;
  const asker = options.guest || method === 'GET' ? undefined : me()?.id;
  for (;;) {
    const { answer, body } = await reach(method, path, { ...options, asker }, mayRepeat);
    if (answer.ok) return body;
    if (answer.status === 401 && !options.guest && session() && !refreshed) {
      refreshed = true;
      if (await refresh()) continue;
    }
    const wait = waitAfter(answer, body ?? {}, busy, mayRepeat);
    if (wait === undefined) throw new Problem(answer.status, body ?? { code: 'unknown' });
    busy += 1;
    await pause(wait);
  }
}

/** Sends until there is an answer, whatever it says. */
async function reach(method, path, options, mayRepeat) {
  for (let tried = 0; ; tried += 1) {
    // What somebody asked for before they signed out is not done for whoever signs in next.
    if (options.asker !== undefined && options.asker !== me()?.id)
      throw new Problem(401, { code: 'session_ended' });
    try {
      const token = options.guest ? undefined : session()?.access;
      const result = await once(method, path, { ...options, token });
      tell(true);
      return result;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      tell(false);
      if (!mayRepeat) throw new Problem(0, { code: 'no_network' });
      await pause(WAITS[Math.min(tried, WAITS.length - 1)]);
    }
  }
}

export const get = (path, options) => request('GET', path, options);
export const post = (path, body, options) => request('POST', path, { ...options, body });
export const patch = (path, body, options) => request('PATCH', path, { ...options, body });
export const remove = (path, body, options) => request('DELETE', path, { ...options, body });

/** @param values those that are undefined or empty are left out */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** All pages of a list. */
export async function all(path, values = {}) {
  const found = [];
  for (let page = 1; ; page += 1) {
    const { results, next } = await get(`${path}${query({ ...values, page, page_size: 100 })}`);
    found.push(...results);
    if (!next) return found;
  }
}

/** Without `crypto.randomUUID`, which plain http:// addresses of a clinic's own network do not have. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/**
 * The Idempotency-Key of an act in this tab: the same for as long as the same is asked for, through a reload too.
 * @param act what is done, such as `book`
 */
export function keyFor(act, body) {
  const name = `key:${act}`;
  const wanted = JSON.stringify(body);
  const kept = JSON.parse(sessionStorage.getItem(name) ?? '{}');
  if (kept.wanted === wanted) return kept.key;
  const key = newKey();
  sessionStorage.setItem(name, JSON.stringify({ wanted, key }));
  return key;
}

/** The act is done: the next one of its kind is another. */
export const forgetKey = (act) => sessionStorage.removeItem(`key:${act}`);
