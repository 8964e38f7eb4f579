import type { FastifyInstance } from 'fastify';
import { STOP_HOURS } from '../../../core/messages.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { me, myChanges } from './account.schemas.ts';
import type { Account } from './account.service.ts';

const tags = ['auth'];

interface AccountRoutesOptions {
  account: Account;
  phone_country: CountryCode;
}

export async function accountRoutes(
  instance: FastifyInstance,
  { account, phone_country }: AccountRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/auth/me/',
    {
      preHandler: IsSignedIn,
      config: { etag: true },
      schema: {
        tags,
        operationId: 'me',
        summary: 'Show who I am',
        description:
          'The current user, with the profile of their role. `recovery` says by which way a code for a new password would come.',
        response: { 200: me },
      },
    },
    async (request) => account.show(request.user),
  );

  app.patch(
    '/auth/me/',
    {
      preHandler: IsSignedIn,
      config: { etag: true, errors: ['invalid_code', 'sign_in_again', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'updateMe',
        summary: 'Change my names, contacts, language',
        description:
          'Fields that are left out stay as they are; null empties one. A changed phone or email has to be confirmed ' +
          'again before it serves for signing in, for a new password or for messages. To replace or empty a confirmed one ' +
          'takes the password, or `proof_code`, sent to that contact; it is told, and can take the change back for ' +
          `${STOP_HOURS} hours.`,
        headers: ifMatchTag,
        body: myChanges(phone_country),
        response: { 200: me },
      },
    },
    async (request) => {
      await account.change(request.user, request.body, unchanged(request));
      return account.show(request.user);
    },
  );
}
