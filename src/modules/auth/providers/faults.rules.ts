/** What it means to a client that a step with a provider failed, and a word for the log, which holds no one's data. */
interface Fault {
  code: 'provider_unavailable' | 'invalid_identity' | 'access_denied';
  reason: string;
}

/** What jose and openid-client call what is wrong with a provider, and not with what it was shown. */
const AWAY = new Set([
  'ERR_JOSE_GENERIC',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_INVALID',
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);
/** What a provider itself says where it is not well, or where the clinic is not rightly set up there. */
const NOT_NOW = new Set(['server_error', 'temporarily_unavailable', 'invalid_client', 'unauthorized_client']);
/** What it says where a person would not, or did not. */
const DENIED = new Set(['access_denied', 'login_required', 'consent_required', 'interaction_required']);

const textOf = (error: object, name: string): string | undefined => {
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
};

/** Reads an error of a step with a provider. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { code: 'provider_unavailable', reason: 'unknown' };
  // What the provider answered, by the words of RFC 6749 (5.2 and 4.1.2.1).
  const said = textOf(error, 'error');
  if (said !== undefined) {
    if (DENIED.has(said)) return { code: 'access_denied', reason: 'denied' };
    if (NOT_NOW.has(said)) return { code: 'provider_unavailable', reason: said };
    return { code: 'invalid_identity', reason: 'refused' };
  }
  const code = textOf(error, 'code');
  const isVerdict = code !== undefined && /^(?:OAUTH_|ERR_J)/.test(code) && !AWAY.has(code);
  if (isVerdict) return { code: 'invalid_identity', reason: code };
  return { code: 'provider_unavailable', reason: code ?? 'away' };
}
