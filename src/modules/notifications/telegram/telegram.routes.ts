import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../../../core/roles.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { LINK_MINUTES, type TelegramProof, telegramInvitation, telegramProof } from './telegram.schemas.ts';
import type { Telegram } from './telegram.service.ts';

const tags = ['notifications'];

/** A person who gives up no chat need not send a body. */
const maySendNothing = async (request: FastifyRequest) => {
  request.body ??= {};
};

export interface TelegramRoutesOptions {
  telegram: Telegram;
  owner: {
    /** Asks once more whether it is the account's owner. @throws AppError invalid_input, invalid_code, sign_in_again */
    must: (caller: Caller, proof: TelegramProof) => Promise<void>;
  };
}

export async function telegramRoutes(instance: FastifyInstance, { telegram, owner }: TelegramRoutesOptions) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/notifications/telegram/link/',
    {
      preHandler: IsSignedIn,
      preValidation: maySendNothing,
      config: { errors: ['channel_not_offered', 'provider_unavailable', 'invalid_code', 'sign_in_again'] },
      schema: {
        tags,
        operationId: 'linkTelegram',
        summary: 'Get a link to my Telegram',
        description:
          `The answer is a deep link to the clinic’s bot. It works once: opening it within ${LINK_MINUTES} minutes links that chat. ` +
          'Messages then come there, unless the preferences say otherwise. The other channels tell the person that a chat ' +
          'was linked. To replace another chat, send the password or a `proof_code`; the replaced chat is told. The chat is ' +
          'unlinked when a new password is set with a code, or by an admin.',
        body: telegramProof,
        response: { 200: telegramInvitation },
      },
    },
    async ({ user, body }) => telegram.invite(user, () => owner.must(user, body)),
  );

  app.delete(
    '/notifications/telegram/link/',
    {
      preHandler: IsSignedIn,
      preValidation: maySendNothing,
      config: { errors: ['invalid_code', 'sign_in_again'] },
      schema: {
        tags,
        operationId: 'unlinkTelegram',
        summary: 'Unlink my Telegram',
        description:
          'It does what `/stop` does in the chat, but needs the password or a `proof_code`: otherwise a stolen token could ' +
          'make room for another chat. Where no chat is linked nothing is asked, and the answer is 204 again.',
        body: telegramProof,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await telegram.unlinkMine(request.user, () => owner.must(request.user, request.body));
      return reply.code(204).send();
    },
  );
}
