import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { PASSKEYS_MAX } from './passkeys.rules.ts';

const CHALLENGE = 'Yk3nQ7vXw1rT5zB8mJ2cF6hL9pS4dG0aE7uVxNqKoRi';
const CREDENTIAL = 'K2u9yT0bR5cX8nVqL3mZ6w';
const CLIENT_DATA = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0';
const AT = '2028-03-01T09:30:00.000Z';

/** Their fields are the standard's, and it adds to them. */
const ofStandard = (what: string) =>
  z.record(z.string().meta({ maxLength: 50 }), z.unknown()).meta({ description: `${what} (WebAuthn).` });

export const creation = documented(
  z.object({
    public_key: ofStandard(
      'For `PublicKeyCredential.parseCreationOptionsFromJSON`: what a browser hands a device',
    ),
  }),
  {
    id: 'PasskeyCreation',
    description: 'What a device is asked to make, within five minutes.',
    examples: {
      creation: {
        summary: 'For a browser',
        value: {
          public_key: {
            challenge: CHALLENGE,
            rp: { id: 'clinic.uz', name: 'Clinic' },
            user: { id: 'q83vASNFZ4k', name: 'aziza.karimova', displayName: 'Aziza Karimova' },
            pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
            authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          },
        },
      },
    },
  },
);

export const request = documented(
  z.object({
    public_key: ofStandard(
      'For `PublicKeyCredential.parseRequestOptionsFromJSON`: what a browser hands a device',
    ),
  }),
  {
    id: 'PasskeyRequest',
    description: 'What a device is asked to sign, within five minutes.',
    examples: {
      request: {
        summary: 'For a browser',
        value: { public_key: { challenge: CHALLENGE, rpId: 'clinic.uz', userVerification: 'required' } },
      },
    },
  },
);

const credential = ofStandard('What `toJSON()` of the browser’s answer gives');

export const newPasskey = documented(
  z.object({
    credential,
    name: fields
      .text(50)
      .optional()
      .meta({ description: 'By which its owner knows it; else the browser’s.', examples: ['My phone'] }),
  }),
  {
    id: 'NewPasskey',
    description: 'What a device has made.',
    examples: {
      passkey: {
        summary: 'From a browser',
        value: {
          name: 'My phone',
          credential: {
            id: CREDENTIAL,
            type: 'public-key',
            response: { clientDataJSON: CLIENT_DATA, attestationObject: 'o2NmbXRkbm9uZQ' },
          },
        },
      },
    },
  },
);
export type NewPasskey = z.infer<typeof newPasskey>;

export const passkeySignIn = documented(z.object({ credential }), {
  id: 'PasskeySignIn',
  description: 'What a device has signed.',
  examples: {
    passkey: {
      summary: 'From a browser',
      value: {
        credential: {
          id: CREDENTIAL,
          type: 'public-key',
          response: {
            clientDataJSON: CLIENT_DATA,
            authenticatorData: 'SZYN5YgOjGh0NBcP',
            signature: 'MEUCIQDx',
            userHandle: 'q83vASNFZ4k',
          },
        },
      },
    },
  },
});

export const passkey = documented(
  z.object({
    id: fields.id,
    name: z.string().meta({ maxLength: 50, examples: ['My phone'] }),
    is_backed_up: z.boolean().meta({ description: 'It outlives its device.' }),
    created_at: fields.out.instant,
    last_used_at: fields.out.instant.nullable(),
  }),
  {
    id: 'Passkey',
    description: 'A passkey of mine.',
    examples: {
      passkey: {
        summary: 'Of a phone',
        value: { id: 3, name: 'My phone', is_backed_up: true, created_at: AT, last_used_at: null },
      },
    },
  },
);

export const passkeyList = documented(z.object({ results: z.array(passkey).max(PASSKEYS_MAX) }), {
  id: 'Passkeys',
  description: 'My passkeys.',
  examples: {
    passkeys: {
      summary: 'One',
      value: {
        results: [{ id: 3, name: 'My phone', is_backed_up: true, created_at: AT, last_used_at: AT }],
      },
    },
  },
});
