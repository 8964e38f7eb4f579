import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { IsSignedIn } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { acceptance, consentState } from './consents.schemas.ts';
import type { Consents } from './consents.service.ts';
import { eraseConfirmation } from './privacy.schemas.ts';
import type { Privacy } from './privacy.service.ts';

const tags = ['privacy'];

interface PrivacyRoutesOptions {
  privacy: Privacy;
  /** The schema of all that modules hold of a person. */
  personalData: z.ZodType;
  consents: Pick<Consents, 'show' | 'acceptOwn'>;
}

export async function privacyRoutes(
  instance: FastifyInstance,
  { privacy, personalData, consents }: PrivacyRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'privacy',
    description: 'My data: take it with me, see who looked at it, have it erased.',
    order: 110,
  });

  app.get(
    '/auth/me/export/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['user_not_found'], turn: 'stream', attached: true },
      schema: {
        tags,
        operationId: 'exportMe',
        summary: 'Take all my data with me',
        description:
          'Everything the clinic holds about whoever asks, as one JSON document to keep. Of other people it holds what one ' +
          'is shown of them anyway, and no more. No password, token or code is in it: those are kept as hashes.',
        response: { 200: personalData },
      },
    },
    async (request, reply) => {
      const parts = await privacy.exportOf(request.user);
      reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('content-disposition', 'attachment; filename="clinic-data.json"');
      // A stream goes out as it stands; the document's schema is held against it by a test.
      return reply.send(Readable.from(parts) as never);
    },
  );

  app.get(
    '/auth/me/consents/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listConsents',
        summary: 'See what I have accepted',
        description:
          'Which versions of the terms and the privacy policy I have accepted, and when. `is_current` is false while a ' +
          'version is in force that I have not accepted.',
        response: { 200: consentState },
      },
    },
    async (request) => consents.show(request.user),
  );

  app.post(
    '/auth/me/consents/',
    {
      preHandler: IsSignedIn,
      config: { examples: { 200: ['current'] } },
      schema: {
        tags,
        operationId: 'acceptConsents',
        summary: 'Accept the terms and the privacy policy',
        description:
          'As they are in force now; the versions and the time are kept. For whoever registered without accepting, or ' +
          'accepted an earlier version. Repeating it changes nothing.',
        body: acceptance,
        response: { 200: consentState },
      },
    },
    async (request) => consents.acceptOwn(request.user),
  );

  app.delete(
    '/auth/me/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['last_admin', 'provider_unavailable', 'sign_in_again'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'eraseMe',
        summary: 'Erase me',
        description:
          'Final, and needs the password. Names, contacts, birthday, devices and what was written to me are forgotten, ' +
          'all sessions end, upcoming appointments are cancelled and the other side is told, the user name is free again. ' +
          'That there were visits stays in the others’ history, without a name.',
        body: eraseConfirmation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await privacy.eraseMe(request.user, request.body.password);
      return reply.code(204).send();
    },
  );
}
