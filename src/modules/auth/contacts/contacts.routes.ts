import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../../core/phone.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { me } from './account.schemas.ts';
import type { Auth } from '../auth.service.ts';
import { codeSent } from '../codes/codes.schemas.ts';
import { codeConfirmation, contactRequests } from './contacts.schemas.ts';

const tags = ['auth'];

const LIMITS =
  'Six digits, good for 5 minutes and 5 tries. The next may be asked for after a minute; 5 an hour go to one destination ' +
  'and for one account, 60 from one address, then 429 says in `Retry-After` when. A day’s codes by SMS have a ceiling, too.';

const REPLACING =
  'Where it takes the place of a confirmed one, that takes the password or `proof_code`. The old one is told by a message, ' +
  'with a link that takes it back for 72 hours; for as long the new one sets no new password, unless the old one agreed ' +
  'with `proof_code`. The same holds for a contact that is confirmed beside another one, which needs no proof.';

const PROVING =
  'To show, instead of by the password, that I still have it, before it is replaced or a chat is linked: the code is ' +
  'the `proof_code` of that request.';

export interface ContactsRoutesOptions {
  auth: Pick<Auth, 'requestCode' | 'confirmCode' | 'requestProof' | 'me' | 'code_sent'>;
  phone_country: CountryCode;
}

export async function contactsRoutes(
  instance: FastifyInstance,
  { auth, phone_country }: ContactsRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const requests = contactRequests(phone_country);

  app.post(
    '/auth/phone/verify/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['already_verified', 'channel_not_offered'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'verifyPhone',
        summary: 'Ask for a code by SMS',
        description: `To confirm my phone, or a new one. ${LIMITS}`,
        body: requests.phone,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      await auth.requestCode(request.user, 'phone', request.body.phone, originOf(request));
      return reply.code(202).send(auth.code_sent);
    },
  );

  app.post(
    '/auth/phone/verify/confirm/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['invalid_code', 'phone_taken'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'confirmPhone',
        summary: 'Confirm my phone with the code',
        description: `From now on it serves to sign in and to set a new password. One account at a time confirms a phone. ${REPLACING}`,
        body: codeConfirmation,
        response: { 200: me },
      },
    },
    async (request) => {
      await auth.confirmCode(request.user, 'phone', request.body);
      return auth.me(request.user);
    },
  );

  app.post(
    '/auth/phone/prove/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['not_verified', 'channel_not_offered'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'provePhone',
        summary: 'Ask for a code to my confirmed phone',
        description: `${PROVING} ${LIMITS}`,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      await auth.requestProof(request.user, 'phone', originOf(request));
      return reply.code(202).send(auth.code_sent);
    },
  );

  app.post(
    '/auth/email/verify/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['already_verified', 'channel_not_offered'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'verifyEmail',
        summary: 'Ask for a code by email',
        description: `To confirm my email, or a new one. ${LIMITS}`,
        body: requests.email,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      await auth.requestCode(request.user, 'email', request.body.email, originOf(request));
      return reply.code(202).send(auth.code_sent);
    },
  );

  app.post(
    '/auth/email/verify/confirm/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['invalid_code', 'email_taken'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'confirmEmail',
        summary: 'Confirm my email with the code',
        description: `From now on it serves to sign in and to set a new password. One account at a time confirms an email. ${REPLACING}`,
        body: codeConfirmation,
        response: { 200: me },
      },
    },
    async (request) => {
      await auth.confirmCode(request.user, 'email', request.body);
      return auth.me(request.user);
    },
  );

  app.post(
    '/auth/email/prove/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['not_verified', 'channel_not_offered'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'proveEmail',
        summary: 'Ask for a code to my confirmed email',
        description: `${PROVING} ${LIMITS}`,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      await auth.requestProof(request.user, 'email', originOf(request));
      return reply.code(202).send(auth.code_sent);
    },
  );
}
