import type { z } from 'zod';
import { providerSettings } from './config.table.ts';
import { providerNames } from './config.values.ts';

type Row = keyof typeof providerSettings;
type Read = { readonly [Name in Row as Lowercase<Name>]: ValueOf<Name> };
type ValueOf<Name extends Row> =
  | z.output<(typeof providerSettings)[Name]['is']>
  | ((typeof providerSettings)[Name] extends { default: string } ? never : undefined);

/** A provider that is set up. */
export interface ProviderSettings extends Omit<Read, 'issuer' | 'client_id' | 'label'> {
  name: string;
  issuer: string;
  client_id: string;
  label: string;
}

/** Those that need no issuer. */
const KNOWN: Readonly<Record<string, { issuer: string; label: string }>> = {
  google: { issuer: 'https://accounts.google.com', label: 'Google' },
  microsoft: { issuer: 'https://login.microsoftonline.com/common/v2.0', label: 'Microsoft' },
  telegram: { issuer: 'https://oauth.telegram.org', label: 'Telegram' },
};

/** An issuer of the tokens of many tenants (Microsoft Entra). */
const OF_MANY = /\/(?:common|organizations)\//;

const rows = Object.entries(providerSettings) as [
  Row,
  { is: z.ZodType<unknown, string>; default?: string },
][];

/**
 * Reads the settings of every provider that SIGN_IN_PROVIDERS names.
 * @param present the environment, without empty values
 * @returns the providers, and what is wrong with them, in a line each that names the setting and not its value
 */
export function readProviders(present: Record<string, string | undefined>): {
  providers: readonly ProviderSettings[];
  wrong: string[];
} {
  const names = providerNames.safeParse(present.SIGN_IN_PROVIDERS ?? '');
  const read = (names.data ?? []).map((name) => readProvider(name, present));
  return {
    providers: read.flatMap(({ provider }) => provider ?? []),
    wrong: read.flatMap(({ wrong }) => wrong),
  };
}

function readProvider(
  name: string,
  present: Record<string, string | undefined>,
): { provider?: ProviderSettings; wrong: string[] } {
  const prefix = `SIGN_IN_${name.toUpperCase()}_`;
  const parsed = rows.map(([row, { is, default: text }]) => {
    const given = present[prefix + row] ?? text;
    return [row, given === undefined ? undefined : is.safeParse(given)] as const;
  });
  const wrong = parsed.flatMap(
    ([row, one]) => one?.error?.issues.map(({ message }) => `${prefix}${row} ${message}`) ?? [],
  );
  const values = Object.fromEntries(
    parsed.map(([row, one]) => [row.toLowerCase(), one?.data]),
  ) as unknown as Read;
  const issuer = values.issuer ?? KNOWN[name]?.issuer;
  const { client_id, tenants } = values;
  const label = values.label ?? KNOWN[name]?.label ?? name;
  if (present[`${prefix}CLIENT_ID`] === undefined)
    wrong.push(`${prefix}CLIENT_ID is required with SIGN_IN_PROVIDERS=${name}`);
  if (issuer === undefined && present[`${prefix}ISSUER`] === undefined)
    wrong.push(`${prefix}ISSUER is required with SIGN_IN_PROVIDERS=${name}`);
  if (issuer?.startsWith('http:') && present.NODE_ENV === 'production')
    wrong.push(`${prefix}ISSUER must be https in production`);
  if (issuer !== undefined && OF_MANY.test(issuer) && tenants?.length === 0)
    wrong.push(`${prefix}TENANTS is required where everybody’s accounts are: name the tenants, or consumers`);
  if (wrong.length > 0 || issuer === undefined || client_id === undefined) return { wrong };
  return { provider: { ...values, name, issuer, client_id, label }, wrong };
}
