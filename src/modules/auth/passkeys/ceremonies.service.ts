import type * as WebAuthn from '@simplewebauthn/server';
import type * as Helpers from '@simplewebauthn/server/helpers';
import { type Assertion, type Attestation, clientData } from './credentials.schemas.ts';
import type { MadePasskey } from './passkeys.repository.ts';
import { ANSWER_WITHIN, type Site } from './passkeys.rules.ts';

/**
 * EdDSA, ES256 and RS256, which all devices know (RFC 9053, IANA's COSE registry). Named here because the library’s own list
 * grows with the version of Node: a passkey that one process takes, another one could not check.
 */
const ALGORITHMS = [-8, -7, -257];

/** Somebody who adds a passkey, as their device shows them. */
interface Adding {
  user_handle: Buffer;
  username: string;
  name: string;
  /** The ids of those that they have: a device makes no second one. */
  known: readonly Buffer[];
}

interface Signed {
  counter: number;
  is_backed_up: boolean;
}

export type Ceremonies = ReturnType<typeof createCeremonies>;

let libraries: Promise<typeof WebAuthn & typeof Helpers> | undefined;

/** Nothing of them is loaded before somebody comes with a passkey. */
const load = () => {
  libraries ??= Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]).then(([server, helpers]) => ({ ...server, ...helpers }));
  return libraries;
};

const text = (bytes: Buffer) => bytes.toString('base64url');

/** A credential as browsers send it, which the library reads. */
const sentAs = <Part extends string>(id: Buffer, parts: Record<Part, Buffer>) => ({
  type: 'public-key' as const,
  clientExtensionResults: {},
  id: text(id),
  rawId: text(id),
  response: Object.fromEntries(
    Object.entries<Buffer>(parts).map(([name, bytes]) => [name, text(bytes)]),
  ) as Record<Part, string>,
});

/** The challenge that a device has signed, by its own word; undefined where it says none, or another site’s page asked. */
export function challengeIn({ response }: Attestation | Assertion): string | undefined {
  try {
    const { data } = clientData.safeParse(JSON.parse(response.clientDataJSON.toString()));
    // The library looks at this for a sign-in only, and there only where the browser names the outer page.
    return data && data.crossOrigin !== true ? data.challenge : undefined;
  } catch {
    return undefined;
  }
}

/** What WebAuthn asks of a site: what devices are asked to do, and how their answers are judged. */
export function createCeremonies(clinic_name: string) {
  return {
    /** For `navigator.credentials.create`. */
    async toCreate({ id }: Site, challenge: string, { known, ...adding }: Adding) {
      const { generateRegistrationOptions } = await load();
      return generateRegistrationOptions({
        rpName: clinic_name,
        rpID: id,
        userName: adding.username,
        userDisplayName: adding.name,
        userID: new Uint8Array(adding.user_handle),
        challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
        timeout: ANSWER_WITHIN,
        attestationType: 'none',
        excludeCredentials: known.map((one) => ({ id: text(one) })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
    },

    /** For `navigator.credentials.get`: whoever it is, their device says it. */
    async toSign({ id }: Site, challenge: string) {
      const { generateAuthenticationOptions } = await load();
      return generateAuthenticationOptions({
        rpID: id,
        challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
        timeout: ANSWER_WITHIN,
        userVerification: 'required',
      });
    },

    /** @returns undefined for whatever is not a passkey that was made for this challenge, here, by somebody who was verified */
    async created(
      { id, origin }: Site,
      { id: credential_id, response }: Attestation,
      challenge: string,
    ): Promise<MadePasskey | undefined> {
      const library = await load();
      try {
        const object = library.decodeAttestationObject(new Uint8Array(response.attestationObject));
        // No attestation was asked for. Who sends one nevertheless has its certificates looked up elsewhere by the library.
        const isOwn = object.get('fmt') === 'packed' && object.get('attStmt').get('x5c') === undefined;
        if (object.get('fmt') !== 'none' && !isOwn) return undefined;
        const { registrationInfo } = await library.verifyRegistrationResponse({
          response: sentAs(credential_id, response),
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: id,
          supportedAlgorithmIDs: ALGORITHMS,
        });
        const made = registrationInfo?.credential;
        // The library compares this id with nothing.
        if (!made || made.id !== text(credential_id)) return undefined;
        const { publicKey, counter } = made;
        const is_backed_up = registrationInfo.credentialBackedUp;
        return { credential_id, public_key: Buffer.from(publicKey), counter, is_backed_up };
      } catch {
        return undefined;
      }
    },

    /**
     * @returns undefined for whatever was not signed by this key for this challenge, here, by somebody who was verified; whether
     *   the device has counted on is for the caller to ask
     */
    async signed(
      { id, origin }: Site,
      { id: credential_id, response: { userHandle: _, ...parts } }: Assertion,
      challenge: string,
      public_key: Buffer,
    ): Promise<Signed | undefined> {
      const { verifyAuthenticationResponse } = await load();
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: sentAs(credential_id, parts),
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: id,
          // With 0 it compares no counter, which it would do before it has looked at the signature.
          credential: { id: text(credential_id), publicKey: new Uint8Array(public_key), counter: 0 },
        });
        if (!verified) return undefined;
        const { newCounter: counter, credentialBackedUp: is_backed_up } = authenticationInfo;
        return { counter, is_backed_up };
      } catch {
        return undefined;
      }
    },
  };
}
