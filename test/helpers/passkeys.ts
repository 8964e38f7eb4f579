import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { Person, TestApp } from './app.ts';

/** A device that makes passkeys and signs with them, in a page of the clinic's: as browsers do it, or otherwise. */

/** The site of `PUBLIC_URL` in the tests' settings. */
const SITE = { id: 'clinic.example', origin: 'https://clinic.example' };

/** What is otherwise than it should be. */
export interface Oddities {
  origin?: string;
  /** The name for which the device signs. */
  rp?: string;
  crossOrigin?: boolean;
  type?: string;
  challenge?: string;
  /** Whether its holder was there, and was verified. */
  up?: boolean;
  uv?: boolean;
  counter?: number;
  userHandle?: string;
  /** Of which credential it says that it is. */
  id?: string;
  attestation?: { fmt: string; attStmt: Map<string, unknown> };
}

interface Options {
  challenge: string;
  user?: { id: string };
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const encoded = (data: Buffer | string) => Buffer.from(data).toString('base64url');

const number = (value: number, bytes: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

/** COSE (RFC 9053): an elliptic curve key of P-256 for ES256. */
function coseOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const members = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
    [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
  ]);
  return Buffer.from(isoCBOR.encode(members));
}

export type Device = ReturnType<typeof device>;

/** @param credential_id which it gives its passkey */
export function device(credential_id: Buffer = randomBytes(16)) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let counter = 0;
  let userHandle = '';

  const clientDataOf = (type: string, options: Options, odd: Oddities) =>
    Buffer.from(
      JSON.stringify({
        type: odd.type ?? type,
        challenge: odd.challenge ?? options.challenge,
        origin: odd.origin ?? SITE.origin,
        crossOrigin: odd.crossOrigin ?? false,
      }),
    );
  const headOf = (flags: number, { rp = SITE.id, up = true, uv = true, counter: counted }: Oddities) =>
    Buffer.concat([
      sha256(rp),
      number(flags | (up ? 1 : 0) | (uv ? 4 : 0), 1),
      number(counted ?? counter, 4),
    ]);

  return {
    id: encoded(credential_id),

    /** Makes a passkey. */
    create(options: Options, odd: Oddities = {}) {
      userHandle = options.user?.id ?? '';
      const authData = Buffer.concat([
        headOf(0x40, odd),
        Buffer.alloc(16),
        number(credential_id.length, 2),
        credential_id,
        coseOf(publicKey),
      ]);
      const { fmt, attStmt } = odd.attestation ?? { fmt: 'none', attStmt: new Map() };
      const object = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authData)],
      ]);
      return {
        id: odd.id ?? encoded(credential_id),
        rawId: odd.id ?? encoded(credential_id),
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: { credProps: { rk: true } },
        response: {
          clientDataJSON: encoded(clientDataOf('webauthn.create', options, odd)),
          attestationObject: encoded(Buffer.from(isoCBOR.encode(object as never))),
          transports: ['internal'],
        },
      };
    },

    /** Signs a challenge; it counts on each time. */
    get(options: Options, odd: Oddities = {}) {
      counter += 1;
      const clientData = clientDataOf('webauthn.get', options, odd);
      const authData = headOf(0, odd);
      const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), privateKey);
      return {
        id: odd.id ?? encoded(credential_id),
        rawId: odd.id ?? encoded(credential_id),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: encoded(clientData),
          authenticatorData: encoded(authData),
          signature: encoded(signature),
          userHandle: odd.userHandle ?? userHandle,
        },
      };
    },
  };
}

/** What a device is asked to sign. */
export const challenged = async (clinic: Pick<TestApp, 'as'>): Promise<Options> =>
  (await clinic.as(undefined).post('/auth/passkeys/sign-in/start/', {}).expect(200)).body.public_key;

/** Adds a passkey to the account of somebody who has just signed in. */
export async function addPasskey(
  clinic: Pick<TestApp, 'as'>,
  person: Pick<Person, 'token'>,
  of: Device = device(),
): Promise<{ id: number; device: Device }> {
  const started = await clinic.as(person).post('/auth/passkeys/start/').expect(200);
  const credential = of.create(started.body.public_key);
  const added = await clinic.as(person).post('/auth/passkeys/', { credential, name: 'Phone' }).expect(201);
  return { id: added.body.id, device: of };
}

/** Signs in with a passkey. */
export const comeByPasskey = async (clinic: Pick<TestApp, 'as'>, of: Device, odd: Oddities = {}) => {
  const credential = of.get(await challenged(clinic), odd);
  return clinic.as(undefined).post('/auth/passkeys/sign-in/', { credential });
};
