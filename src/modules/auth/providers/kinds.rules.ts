import { type CountryCode, toE164 } from '../../../core/phone.ts';
import { locales } from '../../../core/words.ts';
import type { Claims } from './claims.schemas.ts';

/** A provider as the settings describe it. */
export interface Provider {
  name: string;
  issuer: string;
  client_id: string;
  client_secret?: string | undefined;
  /** Names of the clinic's apps, whose tokens are taken beside those of `client_id`. */
  audiences: readonly string[];
  tenants: readonly string[];
  trust_phone: boolean;
  label: string;
}

/** What is known of somebody who comes from a provider: who they are there, and what it vouches for. */
export interface Person {
  issuer: string;
  subject: string;
  first_name: string | undefined;
  last_name: string | undefined;
  locale: (typeof locales)[number] | undefined;
  /** Only one that is surely theirs. */
  email: string | undefined;
  /** In E.164; only of a provider that is trusted with it. */
  phone: string | undefined;
}

const GOOGLE = 'https://accounts.google.com';

/** What of a provider differs from the standard, told apart by the name that the clinic gives it. */
interface Kind {
  icon: 'google' | 'microsoft' | 'telegram' | 'openid';
  scope: string;
  /** Who somebody is there; undefined where the token does not say. */
  subjectOf: (claims: Claims) => string | undefined;
  /** Whether a verified email is surely of whoever has the account. */
  ownsEmail: (claims: Claims) => boolean;
  /** Whether the provider says that it has verified the phone. */
  isPhoneVerified: (claims: Claims) => boolean;
}

const standard: Kind = {
  icon: 'openid',
  scope: 'openid profile email',
  subjectOf: ({ sub }) => sub,
  ownsEmail: ({ email_verified }) => email_verified === true,
  isPhoneVerified: ({ phone_number_verified }) => phone_number_verified === true,
};

const kinds: Readonly<Record<string, Kind>> = {
  /** It verifies any address once, and owns its own domains only (`hd`: those that it hosts). */
  google: {
    ...standard,
    icon: 'google',
    ownsEmail: ({ email, email_verified, hd }) =>
      email_verified === true && (hd !== undefined || /@(?:gmail|googlemail)\.com$/i.test(email ?? '')),
  },
  /** A tenant's admin writes the address as they like, and so may its user. */
  microsoft: { ...standard, icon: 'microsoft', scope: 'openid profile', ownsEmail: () => false },
  /**
   * `sub` is another for each bot, `id` is the person's own, by which Mini Apps know them too. It gives no phone that it
   * has not verified, and no claim that says so.
   */
  telegram: {
    ...standard,
    icon: 'telegram',
    scope: 'openid profile phone',
    subjectOf: ({ id }) => (id === undefined ? undefined : String(id)),
    ownsEmail: () => false,
    isPhoneVerified: () => true,
  },
};

export const kindOf = ({ name }: Pick<Provider, 'name'>): Kind => kinds[name] ?? standard;

/** What a provider is asked for: the phone only where it is trusted with it. */
export function scopeOf(provider: Provider): string {
  const { scope } = kindOf(provider);
  if (provider.trust_phone) return scope.includes('phone') ? scope : `${scope} phone`;
  return scope.replace(' phone', '');
}

/** The tenant of personal accounts at Microsoft. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const TENANT = '{tenantid}';

/** Whether the tokens of a provider bear the names of many issuers (Microsoft Entra). */
export const isOfMany = (issuer: string): boolean => issuer.includes(TENANT);

/** Whether a tenant is among those whose members may sign in; all are where none is named. */
export function isTenantOf({ tenants }: Pick<Provider, 'tenants'>, tid: string | undefined): boolean {
  if (tenants.length === 0) return true;
  return tid !== undefined && tenants.some((one) => (one === 'consumers' ? CONSUMERS : one) === tid);
}

/**
 * Which issuers a token may name.
 * @param issuer the provider's own, with a place for the tenant where it has many
 * @param tid the tenant that the token names, which is on the list
 */
export function issuersOf(issuer: string, tid: string | undefined): string[] {
  if (isOfMany(issuer)) return tid === undefined ? [] : [issuer.replace(TENANT, tid)];
  // Google's older clients get it without the scheme.
  return issuer === GOOGLE ? [GOOGLE, 'accounts.google.com'] : [issuer];
}

/** Whether an answer that names its issuer (RFC 9207) names one of the tenants whose members may sign in. */
export const isNamed = (issuer: string, { tenants }: Pick<Provider, 'tenants'>, named: string): boolean =>
  tenants.some((one) => issuersOf(issuer, one === 'consumers' ? CONSUMERS : one).includes(named));

/** Whether a token is for this clinic (OpenID Connect Core, 3.1.3.7): of several audiences one must have asked for it. */
export function isFor({ client_id, audiences }: Provider, { aud, azp }: Claims): boolean {
  const ours = (name: string) => name === client_id || audiences.includes(name);
  const named = [aud].flat().map(String);
  if (!named.some(ours)) return false;
  return azp === undefined ? named.length === 1 : ours(azp);
}

/** A name of one piece is split before its last word. */
function namesOf({ name, given_name, family_name }: Claims) {
  if (given_name !== undefined || family_name !== undefined)
    return { first_name: given_name, last_name: family_name };
  const [, first, last] = /^(.+?)(?:\s+(\S+))?$/.exec(name ?? '') ?? [];
  return { first_name: first, last_name: last };
}

/** @param issuer as the token names it, which is right @returns undefined where it does not say who it is */
export function personOf(
  provider: Provider,
  issuer: string,
  claims: Claims,
  country: CountryCode,
): Person | undefined {
  const kind = kindOf(provider);
  const subject = kind.subjectOf(claims);
  if (subject === undefined) return undefined;
  const { email, phone_number, locale } = claims;
  const hasPhone = provider.trust_phone && phone_number !== undefined && kind.isPhoneVerified(claims);
  return {
    issuer: issuer === 'accounts.google.com' ? GOOGLE : issuer,
    subject,
    ...namesOf(claims),
    locale: locales.find((one) => locale?.toLowerCase().split(/[-_]/)[0] === one),
    email: email !== undefined && kind.ownsEmail(claims) ? email : undefined,
    phone: hasPhone ? toE164(phone_number, country) : undefined,
  };
}
