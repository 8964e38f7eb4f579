import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

/** How long a link to the bot can be opened. */
export const LINK_MINUTES = 15;

const URL_EXAMPLE = 'https://t.me/clinic_bot?start=Zt3uQ0lYc1J8mVh2x5RkPw';

/** It is needed only where a chat is linked already. */
export const telegramProof = documented(z.object(fields.ownerProof), {
  id: 'TelegramProof',
  description: 'Proof that it is the account’s owner, where a linked chat is replaced or unlinked.',
  examples: {
    first: { summary: 'No chat is linked yet', value: {} },
    another: { summary: 'A chat is linked already', value: { password: 'a-long-quiet-river' } },
  },
});
export type TelegramProof = z.infer<typeof telegramProof>;

export const telegramInvitation = documented(
  z.object({
    url: z.string().meta({
      format: 'uri',
      maxLength: 200,
      description: 'Open it on the phone, press Start.',
      examples: [URL_EXAMPLE],
    }),
    expires_at: fields.out.instant,
  }),
  {
    id: 'TelegramInvitation',
    description: 'A deep link that links the chat of the person who opens it. It works once.',
    examples: {
      invitation: {
        summary: 'A deep link',
        value: { url: URL_EXAMPLE, expires_at: '2028-03-01T09:45:00.000Z' },
      },
    },
  },
);
