import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { idParams } from '../../../http/fields.ts';
import { IsSignedIn, Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { signInAnswer } from '../sign-in/sign-in.schemas.ts';
import type { PasskeyEntrance } from './entering.service.ts';
import * as schemas from './passkeys.schemas.ts';
import type { Passkeys } from './passkeys.service.ts';

const tags = ['auth'];
const LIST = '/api/auth/passkeys/';

export async function passkeysRoutes(
  instance: FastifyInstance,
  { passkeys, passkeyEntrance }: { passkeys: Passkeys; passkeyEntrance: PasskeyEntrance },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/auth/passkeys/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listPasskeys',
        summary: 'See which passkeys let me in',
        description: 'Oldest first.',
        response: { 200: schemas.passkeyList },
      },
    },
    async (request) => passkeys.list(request.user),
  );

  app.post(
    '/auth/passkeys/start/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['passkeys_not_offered', 'sign_in_again', 'too_many_passkeys'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'startPasskey',
        summary: 'Start to add a passkey',
        description: 'It takes a sign-in within the last five minutes.',
        response: { 200: schemas.creation },
      },
    },
    async (request) => passkeys.start(request.user),
  );

  app.post(
    '/auth/passkeys/',
    {
      preHandler: IsSignedIn,
      config: {
        errors: ['passkeys_not_offered', 'invalid_passkey', 'too_many_passkeys'],
        location: LIST,
        rate: 'auth',
      },
      schema: {
        tags,
        operationId: 'addPasskey',
        summary: 'Add a passkey',
        description: 'It signs me in from then on, without a password and as both steps. I am told.',
        body: schemas.newPasskey,
        response: { 201: schemas.passkey },
      },
    },
    async (request, reply) => {
      const added = await passkeys.add(request.user, request.body, originOf(request));
      return reply.code(201).header('location', LIST).send(added);
    },
  );

  app.delete(
    '/auth/passkeys/:id/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['passkey_not_found', 'last_way_in'] },
      schema: {
        tags,
        operationId: 'removePasskey',
        summary: 'Remove a passkey',
        description: 'It lets nobody in from then on. The last way in stays.',
        params: idParams('Which passkey', 3),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await passkeys.remove(request.user, request.params.id);
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/passkeys/sign-in/start/',
    {
      preHandler: Public,
      config: { errors: ['passkeys_not_offered'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'startPasskeySignIn',
        summary: 'Start to sign in with a passkey',
        description: 'Nobody says who they are: their device does.',
        response: { 200: schemas.request },
      },
    },
    async () => passkeyEntrance.start(),
  );

  app.post(
    '/auth/passkeys/sign-in/',
    {
      preHandler: Public,
      config: { errors: ['passkeys_not_offered', 'invalid_passkey', 'account_inactive'], rate: 'sign_in' },
      schema: {
        tags,
        operationId: 'signInByPasskey',
        summary: 'Sign in with a passkey',
        description: 'It counts as both steps: no code is asked for.',
        body: schemas.passkeySignIn,
        response: { 200: signInAnswer },
      },
    },
    async (request) => passkeyEntrance.signIn(request.body.credential, originOf(request)),
  );
}
