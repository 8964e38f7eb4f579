import { createHmac, randomBytes } from 'node:crypto';

/** Standard Webhooks 1.0.0 (https://www.standardwebhooks.com). */

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** In standard base64: the verifiers of others read no other. */
export const newSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;

interface Signed {
  id: string;
  /** Unix seconds, of the try. */
  timestamp: number;
  /** The very text that is sent. */
  body: string;
}

/** The header `webhook-signature`: one for each secret, with spaces between. */
export const signaturesOf = ({ id, timestamp, body }: Signed, secrets: readonly string[]): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');
