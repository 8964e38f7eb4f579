import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { STOP_HOURS } from '../../../core/messages.ts';
import { CODE_SENT, GOOD_FOR } from '../../../http/codes.ts';
import { IsSignedIn, Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { passwordChange, resetConfirmation, resetRequest, resetRequested } from './password.schemas.ts';
import type { Password } from './password.service.ts';
import type { Reset } from './reset.service.ts';

const tags = ['auth'];

interface PasswordRoutesOptions {
  password: Pick<Password, 'change'>;
  reset: Pick<Reset, 'requestReset' | 'confirmReset'>;
}

export async function passwordRoutes(instance: FastifyInstance, { password, reset }: PasswordRoutesOptions) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/auth/password/change/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['sign_in_again'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'changePassword',
        summary: 'Change my password',
        description: 'Needs the old one. This session goes on, all others end. The account’s owner is told.',
        body: passwordChange,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await password.change(request.user, request.body);
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/password/reset/',
    {
      preHandler: Public,
      schema: {
        tags,
        operationId: 'requestPasswordReset',
        summary: 'Ask for a code, having forgotten the password',
        description:
          'Always 202, at once, whether or not there is such an account. If there is, and its phone or email is confirmed, ' +
          `a code is sent there: to what was named, or to the phone by user name. It is ${GOOD_FOR}. ` +
          'None is sent beyond what may go to one destination in an hour, and none to a contact that took the place of ' +
          `another within ${STOP_HOURS} hours without its word. Whoever has confirmed neither, or gets no code, asks at the clinic’s ` +
          'desk, where they are given a new password: `otherwise` says so to everybody.',
        body: resetRequest,
        response: { 202: resetRequested },
      },
    },
    async (request, reply) => {
      reset.requestReset(request.body.username, originOf(request));
      return reply.code(202).send({ ...CODE_SENT, otherwise: 'desk' as const });
    },
  );

  app.post(
    '/auth/password/reset/confirm/',
    {
      preHandler: Public,
      config: { errors: ['invalid_code'], rate: 'sign_in' },
      schema: {
        tags,
        operationId: 'confirmPasswordReset',
        summary: 'Set a new password with the code',
        description:
          'All sessions end, Telegram is unlinked, and so is what was linked to the account later; sign in with the new password. The account’s owner is told.',
        body: resetConfirmation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await reset.confirmReset(request.body, originOf(request));
      return reply.code(204).send();
    },
  );
}
