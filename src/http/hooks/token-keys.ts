import { randomUUID } from 'node:crypto';
import type { TokenOrHeader } from '@fastify/jwt';
import { systemNow } from '../../core/clock.ts';
import { keyId } from '../../core/keys.ts';
import type { SigningKeys } from '../../core/signing-keys.ts';

/** How access tokens are signed that others verify: by keys of an elliptic curve, for an audience. */
export interface Signing {
  keys: SigningKeys;
  issuer: string;
  audience: string;
  /** Epoch milliseconds at which the clinic began with it: no token of the shared secret is signed later. */
  since: () => Promise<number>;
}

/** The issuer of tokens that are signed with the shared secret. */
const OWN_ISSUER = 'clinic-booking-api';
/** RFC 9068, 2.1. */
const TYPE = 'at+jwt';
/** Some verifiers refuse a token that was issued a second ahead of their clock. */
const BACKDATED = 5;

interface Decoded {
  header: { alg?: unknown; kid?: unknown; typ?: unknown };
  payload: Record<string, unknown>;
}

const refuse = (why: string): never => {
  throw new Error(why);
};

/** Which key signs and which verifies. The algorithm is that of the key, never that of the token (RFC 8725, 3.1). */
export function tokenKeys(secrets: readonly string[], minutes: number, signing?: Signing) {
  const [current = ''] = secrets;
  const shared = new Map([...secrets].reverse().map((secret) => [keyId(secret), secret]));

  /** @throws Error where the token is not what this key signs */
  function publicKey({ header, payload }: Decoded, { keys, issuer, audience }: Signing): string {
    const key = keys.serving().find(({ kid }) => kid === header.kid);
    if (key === undefined) return refuse('signed with a key of nobody here');
    if (header.alg !== 'ES256') return refuse('another algorithm than the key has');
    const type = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : '';
    if (type !== TYPE) return refuse('no access token');
    if (payload.iss !== issuer || ![payload.aud].flat().includes(audience))
      return refuse('for somebody else');
    return key.public_pem;
  }

  /** A token without a key id was signed before there were any. */
  function secretOf({ header, payload }: Decoded): string {
    const key = header.kid === undefined ? current : shared.get(header.kid as string);
    if (key === undefined) return refuse('signed with a key of nobody here');
    if (header.alg !== 'HS256' || payload.iss !== OWN_ISSUER) return refuse('not signed by this service');
    return key;
  }

  /** Whether a token of the shared secret is from before there were others, and of no longer life than they have. */
  async function isFromBefore(
    { payload: { iat, exp } }: Decoded,
    since: () => Promise<number>,
  ): Promise<boolean> {
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > minutes * 60) return false;
    return iat * 1_000 < (await since());
  }

  return {
    /** For how long a checked token may be remembered: as long as the same keys are there. */
    version: () => signing?.keys.version() ?? 0,

    /** @throws Error where no key may verify it; what the database throws where it has to be asked */
    async verifies(token: TokenOrHeader): Promise<string> {
      const decoded = token as unknown as Decoded;
      if (!signing) return secretOf(decoded);
      if (decoded.header.alg !== 'HS256') return publicKey(decoded, signing);
      const key = secretOf(decoded);
      return (await isFromBefore(decoded, signing.since))
        ? key
        : refuse('of a time in which others are signed');
    },

    /** What the plugin signs with by default. */
    shared: {
      secret: current,
      sign: { algorithm: 'HS256', expiresIn: `${minutes}m`, iss: OWN_ISSUER, kid: keyId(current) } as const,
    },

    /** Claims and options of RFC 9068, where others verify. */
    signed(branches: readonly number[] | null) {
      if (!signing) return undefined;
      const { kid, private_pem: key } = signing.keys.signer();
      return {
        claims: {
          iat: Math.floor(systemNow() / 1_000) - BACKDATED,
          client_id: 'clinic',
          ...(branches && branches.length > 0 && { branches: [...branches] }),
        },
        options: {
          key,
          kid,
          algorithm: 'ES256',
          iss: signing.issuer,
          aud: signing.audience,
          jti: randomUUID(),
          expiresIn: `${minutes * 60 + BACKDATED}s`,
          header: { alg: 'ES256', typ: TYPE },
        } as const,
      };
    },
  };
}
