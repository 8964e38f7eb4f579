import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from '../../../core/keys.ts';

const NONCE = 12;
const TAG = 16;

/**
 * Seals what must be kept secret of messages, under keys derived from the signing secret.
 * @param secrets the present signing secret, then those it replaced; each opens what it sealed
 */
export function createSealing(secrets: readonly string[]) {
  const [secret = ''] = secrets;
  const required = () => {
    if (!secret) throw new Error('messages have no secret to seal with');
    return secret;
  };
  return {
    /** AES-256-GCM, bound to the message by its key: it opens in no other row. */
    seal(value: object, key: string): Buffer {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', deriveKey(required(), 'messages'), nonce).setAAD(
        Buffer.from(key),
      );
      return Buffer.concat([
        nonce,
        cipher.update(JSON.stringify(value)),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },

    /** @returns undefined when none of our secrets opens it for this message */
    open(sealed: Buffer, key: string): Record<string, string> | undefined {
      for (const candidate of secrets) {
        try {
          const decipher = createDecipheriv(
            'aes-256-gcm',
            deriveKey(candidate, 'messages'),
            sealed.subarray(0, NONCE),
          )
            .setAAD(Buffer.from(key))
            .setAuthTag(sealed.subarray(-TAG));
          const open = Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
          return JSON.parse(open.toString('utf8'));
        } catch {
          // Another secret sealed it, or it is not ours.
        }
      }
      return undefined;
    },

    /**
     * 128 bits that only we can make, and make again. A message that is written twice so carries the same links, and has the
     * same name at its provider.
     */
    mark: (purpose: 'links' | 'provider_names', text: string): string =>
      createHmac('sha256', deriveKey(required(), purpose))
        .update(text)
        .digest()
        .subarray(0, 16)
        .toString('base64url'),
  };
}

export type Sealing = ReturnType<typeof createSealing>;
