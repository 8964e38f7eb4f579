import type { FastifyInstance } from 'fastify';
import { STOP_HOURS } from '../../../core/messages.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { CODE_SENT, codeSent, limitsOf } from '../../../http/codes.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { me } from './account.schemas.ts';
import type { Account } from './account.service.ts';
import { contacts as kinds } from './contact-changes.service.ts';
import { codeConfirmation, contactRequests } from './contacts.schemas.ts';
import type { Contacts } from './contacts.service.ts';
import type { Proofs } from './proof.service.ts';

const tags = ['auth'];

const REPLACING =
  'Where it takes the place of a confirmed one, that takes the password or `proof_code`. The old one is told by a message, ' +
  `with a link that takes it back for ${STOP_HOURS} hours; for as long the new one sets no new password, unless the old one ` +
  'agreed with `proof_code`. The same holds for a contact that is confirmed beside another one, which needs no proof.';

const PROVING =
  'To show, instead of by the password, that I still have it, before it is replaced or a chat is linked: the code is ' +
  'the `proof_code` of that request.';

/** In what the two kinds of contacts differ. */
const OF = {
  phone: { Name: 'Phone', by: 'SMS', one: 'a phone', taken: 'phone_taken' },
  email: { Name: 'Email', by: 'email', one: 'an email', taken: 'email_taken' },
} as const;

interface ContactsRoutesOptions {
  account: Pick<Account, 'show'>;
  contacts: Pick<Contacts, 'requestCode' | 'confirmCode'>;
  proofs: Pick<Proofs, 'request'>;
  phone_country: CountryCode;
  codes_per_hour: number;
  codes_per_hour_address: number;
}

export async function contactsRoutes(
  instance: FastifyInstance,
  { account, contacts, proofs, phone_country, ...config }: ContactsRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const requests = contactRequests(phone_country);
  const limits = limitsOf(config);

  for (const kind of kinds) {
    const { Name, by, one, taken } = OF[kind];

    app.post(
      `/auth/${kind}/verify/`,
      {
        preHandler: IsSignedIn,
        config: { errors: ['already_verified', 'channel_not_offered'], rate: 'auth' },
        schema: {
          tags,
          operationId: `verify${Name}`,
          summary: `Ask for a code by ${by}`,
          description: `To confirm my ${kind}, or a new one. ${limits}`,
          body: requests[kind],
          response: { 202: codeSent },
        },
      },
      async (request, reply) => {
        const body: { phone?: string | undefined; email?: string | undefined } = request.body;
        await contacts.requestCode(request.user, kind, body[kind], originOf(request));
        return reply.code(202).send(CODE_SENT);
      },
    );

    app.post(
      `/auth/${kind}/verify/confirm/`,
      {
        preHandler: IsSignedIn,
        config: { errors: ['invalid_code', 'sign_in_again', taken], rate: 'auth' },
        schema: {
          tags,
          operationId: `confirm${Name}`,
          summary: `Confirm my ${kind} with the code`,
          description: `From now on it serves to sign in and to set a new password. One account at a time confirms ${one}. ${REPLACING}`,
          body: codeConfirmation,
          response: { 200: me },
        },
      },
      async (request) => {
        await contacts.confirmCode(request.user, kind, request.body);
        return account.show(request.user);
      },
    );

    app.post(
      `/auth/${kind}/prove/`,
      {
        preHandler: IsSignedIn,
        config: { errors: ['not_verified', 'channel_not_offered'], rate: 'auth' },
        schema: {
          tags,
          operationId: `prove${Name}`,
          summary: `Ask for a code to my confirmed ${kind}`,
          description: `${PROVING} ${limits}`,
          response: { 202: codeSent },
        },
      },
      async (request, reply) => {
        await proofs.request(request.user, kind, originOf(request));
        return reply.code(202).send(CODE_SENT);
      },
    );
  }
}
