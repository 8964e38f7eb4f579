import { z } from 'zod';

/**
 * What browsers send of a passkey (`PublicKeyCredential.toJSON()`; WebAuthn Level 3, 5.1). They add fields as the standard grows:
 * those that nobody reads here are let be.
 */

/** @param max bytes */
const bytes = (max: number) =>
  z
    .string()
    .max(Math.ceil((max * 4) / 3))
    .regex(/^[\w-]+$/)
    .transform((text) => Buffer.from(text, 'base64url'));

/** 1,023 bytes at most (WebAuthn Level 3, 4). */
const credentialId = bytes(1_023);

/** Of a passkey that a device has just made. */
export const attestation = z.object({
  id: credentialId,
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: bytes(4_000), attestationObject: bytes(16_000) }),
});
export type Attestation = z.infer<typeof attestation>;

/** Of a passkey with which a device has signed. */
export const assertion = z.object({
  id: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: bytes(4_000),
    authenticatorData: bytes(4_000),
    signature: bytes(4_000),
    /** Whoever has said no name is told by it who it is. */
    userHandle: bytes(64),
  }),
});
export type Assertion = z.infer<typeof assertion>;

/** What the browser says of the page that asked. */
export const clientData = z.object({
  challenge: z.string().min(1).max(200),
  crossOrigin: z.boolean().optional(),
});
