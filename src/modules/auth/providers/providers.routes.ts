import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../../../core/roles.ts';
import { MaybeSignedIn, Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { signInAnswer } from '../sign-in/sign-in.schemas.ts';
import * as schemas from './providers.schemas.ts';
import type { Providers } from './providers.service.ts';

const tags = ['auth'];

/** Whoever is signed in links. */
const callerOf = ({ user }: FastifyRequest): Caller | undefined => (user as Caller | null) ?? undefined;

const ENTERING = [
  'account_exists',
  'identity_taken',
  'provider_linked',
  'account_inactive',
  'second_step_required',
  'provider_not_found',
] as const;

const LINKS = 'Signed in, it links: the account can be entered by it from then on, and its owner is told.';

export async function providersRoutes(instance: FastifyInstance, { providers }: { providers: Providers }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/auth/providers/',
    {
      preHandler: Public,
      schema: {
        tags,
        operationId: 'listProviders',
        summary: 'See by whose accounts one may sign in',
        description: 'For each a button: *Start* below, then `code` for a pair of tokens.',
        response: { 200: schemas.providerList },
      },
    },
    async () => providers.list(),
  );

  app.post(
    '/auth/providers/:provider/start/',
    {
      preHandler: MaybeSignedIn,
      config: { errors: ['provider_not_found', 'provider_unavailable', 'sign_in_again'], turn: 'outside' },
      schema: {
        tags,
        operationId: 'startProvider',
        summary: 'Start to sign in with an account elsewhere',
        description:
          'Send the browser to `authorization_url`. It comes back to `redirect_uri` with `code` for one use within 60 seconds, ' +
          'or with `error`: `access_denied`, `invalid_identity`, `invalid_state` (it took longer than ten minutes) or ' +
          `\`provider_unavailable\`; and with \`state\`. ${LINKS}`,
        params: schemas.providerParams,
        body: schemas.newStart,
        response: { 200: schemas.started },
      },
    },
    async (request) => providers.start(request.params.provider, request.body, callerOf(request)),
  );

  // For providers, and in no documentation of the API: they lead the browser here, and may send more than they must.
  app.get<{ Querystring: Record<string, unknown> }>(
    '/auth/providers/callback/',
    { preHandler: Public, config: { rate: 'auth', turn: 'outside' }, schema: { hide: true } },
    async (request, reply) => {
      const { state } = request.query;
      const [, query = ''] = request.url.split('?', 2);
      const address = await providers.answer(typeof state === 'string' ? state : '', query);
      return reply.header('referrer-policy', 'no-referrer').redirect(address, 302);
    },
  );

  app.post(
    '/auth/providers/token/',
    {
      preHandler: Public,
      config: { errors: ['invalid_code', 'session_ended', ...ENTERING], rate: 'auth', turn: 'outside' },
      schema: {
        tags,
        operationId: 'spendProviderCode',
        summary: 'Get a pair of tokens for the code',
        description:
          'As signing in gives. Whoever comes for the first time gets a patient’s account. `account_exists`: the provider ' +
          'vouches for a phone or email that is confirmed in another account; sign in there and link.',
        body: schemas.codeSpending,
        response: { 200: signInAnswer },
      },
    },
    async (request) => providers.spend(request.body.code, request.body.code_verifier, originOf(request)),
  );

  app.post(
    '/auth/providers/:provider/id-token/',
    {
      preHandler: MaybeSignedIn,
      config: {
        errors: ['invalid_identity', 'provider_unavailable', 'sign_in_again', ...ENTERING],
        rate: 'auth',
        turn: 'outside',
      },
      schema: {
        tags,
        operationId: 'signInByIdToken',
        summary: 'Sign in with a token of the provider’s own SDK',
        description: `For apps that sign in without a browser. ${LINKS}`,
        params: schemas.providerParams,
        body: schemas.idTokenInput,
        response: { 200: signInAnswer },
      },
    },
    async (request) =>
      providers.byIdToken(request.params.provider, request.body, callerOf(request), originOf(request)),
  );

  app.post(
    '/auth/telegram/',
    {
      preHandler: MaybeSignedIn,
      config: { errors: ['invalid_identity', 'sign_in_again', ...ENTERING], rate: 'auth', turn: 'outside' },
      schema: {
        tags,
        operationId: 'signInByTelegram',
        summary: 'Sign in from a Mini App of Telegram',
        description: `The same person as by Telegram in a browser. ${LINKS}`,
        body: schemas.initDataInput,
        response: { 200: signInAnswer },
      },
    },
    async (request) => providers.byMiniApp(request.body, callerOf(request), originOf(request)),
  );
}
