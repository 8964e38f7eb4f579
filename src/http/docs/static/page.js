/**
 * What Swagger UI's page has of our own: a viewport, and below *Authorize* the accounts elsewhere by which one may sign in. It
 * comes before Swagger UI, and stands alone: the pages for people may not be served.
 */
(() => {
  // The page of @fastify/swagger-ui has none, and a phone would show it too small to read.
  const viewport = document.createElement('meta');
  viewport.name = 'viewport';
  viewport.content = 'width=device-width, initial-scale=1';
  document.head.append(viewport);

  const LEFT = 'provider';
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace(/=+$/, '');
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

  async function ask(path, body) {
    const answer = await fetch(`/api/auth/providers/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return { isGood: answer.ok, ...(await answer.json()) };
  }

  function say(text) {
    const said = document.createElement('p');
    said.className = 'provider-answer';
    said.setAttribute('role', 'alert');
    said.textContent = text;
    document.body.prepend(said);
  }

  const inWords = ({ detail, errors = [], ticket }) =>
    [detail, ...errors.map(({ message }) => message), ticket && `Its ticket: ${ticket}`]
      .filter(Boolean)
      .join(' ');

  /** To the provider's page; the secret stays in this tab (RFC 7636). */
  async function leaveFor(name, accept_terms) {
    const verifier = random();
    const state = random();
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const code_challenge = base64url(new Uint8Array(hash));
    const redirect_uri = `${location.origin}${location.pathname}`;
    const started = await ask(`${name}/start/`, {
      redirect_uri,
      code_challenge,
      state,
      accept_terms: accept_terms || undefined,
    });
    if (!started.isGood) return say(inWords(started));
    sessionStorage.setItem(LEFT, JSON.stringify({ verifier, state }));
    location.assign(started.authorization_url);
  }

  /** The token stands where Swagger UI keeps what was typed under *Authorize*, and looks for it as it starts. */
  async function comeBack({ code, error, state }) {
    const left = JSON.parse(sessionStorage.getItem(LEFT) ?? '{}');
    sessionStorage.removeItem(LEFT);
    // Somebody else's link, or one that was followed before.
    if (left.state !== state) return say('Signing in took another way than it began: try again.');
    if (error) return say(`Not signed in: ${error}.`);
    const answer = await ask('token/', { code, code_verifier: left.verifier });
    if (!answer.isGood) return say(inWords(answer));
    const schema = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };
    localStorage.setItem(
      'authorized',
      JSON.stringify({ bearer: { name: 'bearer', schema, value: answer.access } }),
    );
    location.reload();
  }

  function panel(providers) {
    const part = document.createElement('div');
    part.className = 'auth-container providers';
    const agreed = document.createElement('input');
    agreed.type = 'checkbox';
    const label = document.createElement('label');
    label.append(agreed, ' I agree to the clinic’s terms (asked of who comes for the first time)');
    part.append(
      label,
      ...providers.map(({ name, label: title }) => {
        const button = document.createElement('button');
        button.className = 'btn authorize';
        button.textContent = `Sign in with ${title}`;
        button.onclick = () => leaveFor(name, agreed.checked);
        return button;
      }),
    );
    return part;
  }

  const came = Object.fromEntries(new URLSearchParams(location.search));
  if (came.state !== undefined && (came.code ?? came.error) !== undefined) {
    history.replaceState(null, '', location.pathname);
    void comeBack(came);
  }

  // Its hash needs a page that came by HTTPS, or from this machine.
  if (globalThis.crypto?.subtle)
    void ask('').then(({ results = [] }) => {
      if (results.length === 0) return;
      new MutationObserver(() => {
        const dialog = document.querySelector('.dialog-ux .modal-ux-content');
        if (dialog && !dialog.querySelector('.providers')) dialog.append(panel(results));
      }).observe(document.body, { childList: true, subtree: true });
    });
})();
