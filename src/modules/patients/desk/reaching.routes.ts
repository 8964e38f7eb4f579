import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { CODE_SENT, codeField, codeSent, limitsOf } from '../../../http/codes.ts';
import { IsStaff } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import { documented } from '../../../http/openapi/documented.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { patientParams, readsPatient } from './desk.routes.ts';
import { deskPatient } from './desk.schemas.ts';
import type { createReaching } from './reaching.service.ts';

const tags = ['desk'];
const params = patientParams(demo.deskPatient.name.id);

const readOut = documented(z.object({ code: codeField }), {
  id: 'ReadOutCode',
  description: 'The code that the patient reads out.',
  examples: { code: { summary: 'Six digits', value: { code: '402915' } } },
});

interface ReachingRoutesOptions {
  reaching: ReturnType<typeof createReaching>;
  codes_per_hour: number;
  codes_per_hour_address: number;
}

/** How the desk makes sure that messages reach a patient's phone. */
export async function reachingRoutes(
  instance: FastifyInstance,
  { reaching, ...limits }: ReachingRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/patients/:id/phone/verify/',
    {
      preHandler: IsStaff,
      config: { errors: ['patient_not_found', 'already_verified', 'channel_not_offered'] },
      schema: {
        tags,
        operationId: 'reachPatientPhone',
        summary: 'Send a code to a patient’s phone',
        description:
          'The patient reads it out at the desk. Until that is done, or somebody vouches for the phone, no message goes there. ' +
          limitsOf(limits),
        params,
        response: { 202: codeSent },
      },
    },
    async (request, reply) => {
      await reaching.request(request.params.id, originOf(request));
      return reply.code(202).send(CODE_SENT);
    },
  );

  app.post(
    '/patients/:id/phone/verify/confirm/',
    {
      preHandler: IsStaff,
      config: { errors: ['patient_not_found', 'already_verified', 'invalid_code'], audit: readsPatient },
      schema: {
        tags,
        operationId: 'confirmPatientPhone',
        summary: 'Enter the code that a patient reads out',
        description:
          'From now on messages go to this phone. Nobody signs in by it: for that its owner claims the record.',
        params,
        body: readOut,
        response: { 200: deskPatient },
      },
    },
    async (request) => reaching.confirm(request.params.id, request.body.code, request.user),
  );

  app.post(
    '/patients/:id/phone/vouch/',
    {
      preHandler: IsStaff,
      config: { errors: ['patient_not_found', 'already_verified'], audit: readsPatient },
      schema: {
        tags,
        operationId: 'vouchForPatientPhone',
        summary: 'Vouch for a patient’s phone',
        description:
          'Without a code: whoever does it has spoken with the patient on this phone, and the audit names them. Messages go ' +
          'there from now on.',
        params,
        response: { 200: deskPatient },
      },
    },
    async (request) => reaching.vouch(request.params.id, request.user),
  );
}
