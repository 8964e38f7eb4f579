import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CountryCode } from '../../../core/phone.ts';
import { CODE_SENT, codeSent, limitsOf } from '../../../http/codes.ts';
import { Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { claims } from './claiming.schemas.ts';
import type { Claiming } from './claiming.service.ts';

const tags = ['auth'];

interface ClaimingRoutesOptions {
  claiming: Claiming;
  phone_country: CountryCode;
  codes_per_hour: number;
  codes_per_hour_address: number;
}

export async function claimingRoutes(
  instance: FastifyInstance,
  { claiming, phone_country, ...limits }: ClaimingRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const bodies = claims(phone_country);

  app.post(
    '/auth/claim/',
    {
      preHandler: Public,
      schema: {
        tags,
        operationId: 'claimRecord',
        summary: 'Ask for a code, to claim my record at the clinic',
        description:
          'For whoever was registered at the desk, or was looked after as a child, and has no sign-in yet. Always 202, at once, ' +
          `whether or not there is such a record; whoever can sign in already gets no code. ${limitsOf(limits)}`,
        body: bodies.request,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      claiming.request(request.body.phone, originOf(request));
      return reply.code(202).send(CODE_SENT);
    },
  );

  app.post(
    '/auth/claim/confirm/',
    {
      preHandler: Public,
      config: { errors: ['invalid_code', 'username_taken', 'phone_taken'], rate: 'sign_in' },
      schema: {
        tags,
        operationId: 'confirmClaim',
        summary: 'Claim my record with the code',
        description:
          'The record gets a sign-in, and keeps its id and its visits; sign in then. Whatever is wrong is 400 `invalid_code`: ' +
          'the code, the birthday, or that its owner is not 18 yet. A code that was right is used up in any case. The phone ' +
          'serves to sign in from now on, unless somebody else of the family signs in by it.',
        body: bodies.confirmation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await claiming.confirm(request.body, originOf(request));
      return reply.code(204).send();
    },
  );
}
