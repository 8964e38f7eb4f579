import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { idParams } from '../../../http/fields.ts';
import { HasTicket, IsAdmin, IsSignedIn, Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { signInAnswer } from '../sign-in/sign-in.schemas.ts';
import {
  confirmation,
  confirmed,
  enrolled,
  enrolment,
  removal,
  secondStep,
  state,
} from './two-step.schemas.ts';
import type { TwoStep } from './two-step.service.ts';

const tags = ['auth'];

/** @throws AppError authentication_required */
function enrolling({ user }: FastifyRequest, ticket: string | undefined) {
  const caller = user as Caller | null;
  if (caller) return { caller };
  if (ticket === undefined) throw new AppError('authentication_required');
  return { ticket };
}

export async function twoStepRoutes(instance: FastifyInstance, { twoStep }: { twoStep: TwoStep }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/auth/login/second-step/',
    {
      preHandler: Public,
      config: {
        errors: ['invalid_ticket', 'invalid_code', 'account_inactive', 'data_keys_missing'],
        rate: 'sign_in',
      },
      schema: {
        tags,
        operationId: 'showSecondStep',
        summary: 'Sign in: the second step',
        description:
          'With the ticket of the 401 `second_step_required`, which serves five minutes. A code serves once; one of 30 ' +
          'seconds before or after serves too. Wrong codes are slowed down for the account, wherever they come from.',
        body: secondStep,
        response: { 200: signInAnswer },
      },
    },
    async (request) => twoStep.signIn(request.body.ticket, request.body.code, originOf(request)),
  );

  app.get(
    '/auth/two-step/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'getTwoStep',
        summary: 'See whether my sign-in asks for a code',
        description: 'And how many recovery codes are left.',
        response: { 200: state },
      },
    },
    async (request) => twoStep.state(request.user),
  );

  app.post(
    '/auth/two-step/enrol/',
    {
      preHandler: HasTicket,
      config: { errors: ['invalid_ticket', 'two_step_on', 'data_keys_missing'], rate: 'auth' },
      schema: {
        tags,
        operationId: 'enrolTwoStep',
        summary: 'Set up an authenticator app',
        description:
          'Nothing is asked for until a code of the app has confirmed it. Where `STAFF_TWO_STEP=required` and none is set up, ' +
          'the ticket of a sign-in (`next: enrol`) serves for this and its confirmation alone.',
        body: enrolment,
        response: { 200: enrolled },
      },
    },
    async (request) => twoStep.enrol(enrolling(request, request.body.ticket)),
  );

  app.post(
    '/auth/two-step/confirm/',
    {
      preHandler: HasTicket,
      config: {
        errors: [
          'invalid_ticket',
          'invalid_code',
          'account_inactive',
          'two_step_on',
          'two_step_off',
          'data_keys_missing',
        ],
        rate: 'auth',
      },
      schema: {
        tags,
        operationId: 'confirmTwoStep',
        summary: 'Ask for a code of the app from now on',
        description: 'My other sessions end. The account’s owner is told.',
        body: confirmation,
        response: { 200: confirmed },
      },
    },
    async (request) =>
      twoStep.confirm(enrolling(request, request.body.ticket), request.body.code, originOf(request)),
  );

  app.delete(
    '/auth/two-step/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['invalid_code', 'two_step_off', 'data_keys_missing'], rate: 'sign_in' },
      schema: {
        tags,
        operationId: 'removeTwoStep',
        summary: 'Ask for no code any more',
        description: 'Needs a code. The account’s owner is told.',
        body: removal,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await twoStep.remove(request.user, request.body.code, originOf(request));
      return reply.code(204).send();
    },
  );

  app.delete(
    '/users/:id/two-step/',
    {
      preHandler: IsAdmin,
      config: { errors: ['user_not_found', 'not_oneself'] },
      schema: {
        tags: ['users'],
        operationId: 'resetTwoStep',
        summary: 'Take the second step away from a user',
        description:
          'For whoever has lost the app and the recovery codes: make sure that it is them. Their sessions end, and they are ' +
          'told. Where there is none, nothing changes.',
        params: idParams('The user’s id.', demo.doctor.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await twoStep.reset(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
