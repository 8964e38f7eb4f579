import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../../core/roles.ts';
import { IsSignedIn } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { type TelegramProof, telegramInvitation, telegramProof } from './telegram.schemas.ts';
import type { Telegram } from './telegram.service.ts';

const tags = ['notifications'];

/** Whoever gives no chat up need send nothing at all. */
const maySendNothing = async (request: FastifyRequest) => {
  request.body ??= {};
};

export interface TelegramRoutesOptions {
  telegram: Telegram;
  owner: {
    /** Asks once more whether it is the account's owner. @throws AppError invalid_input, invalid_code */
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
      config: { errors: ['channel_not_offered', 'provider_unavailable', 'invalid_code'] },
      schema: {
        tags,
        operationId: 'linkTelegram',
        summary: 'Get a link to my Telegram',
        description:
          'The answer is a deep link to the clinic’s bot. Opening it within 15 minutes links that chat; it serves once. ' +
          'From then on messages come there, unless preferences say otherwise. That a chat was linked is told by the other ' +
          'channels too. In place of another chat it takes the password, or `proof_code`, and that chat is told. A new ' +
          'password that is set with a code, or by an admin, unlinks it.',
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
      config: { errors: ['invalid_code'] },
      schema: {
        tags,
        operationId: 'unlinkTelegram',
        summary: 'Unlink my Telegram',
        description:
          'As `/stop` in the chat does, but it takes the password, or `proof_code`: otherwise whoever has a stolen token ' +
          'could make room for a chat of their own. Where no chat is linked nothing is asked, and it is a 204 again.',
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
