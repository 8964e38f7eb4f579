import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import { STOP_HOURS } from '../../../core/messages.ts';
import type { CountryCode } from '../../../core/phone.ts';
import type { Locale } from '../../../core/words.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin, IsStaff } from '../../../http/guards.ts';
import { reads, readsAtOnce } from '../../../http/hooks/audit.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import {
  type DeskPatient,
  deskInputs,
  deskPatient,
  deskPatientPage,
  guardianTie,
  LIST,
  mergeRequest,
  patientSearch,
} from './desk.schemas.ts';
import type { Desk } from './desk.service.ts';
import type { createMerging } from './merging.service.ts';

const tags = ['desk'];
const personOf = ({ id }: DeskPatient) => id;
export const readsPatient = reads('patient.read', personOf);
export const patientParams = (example: number) => idParams('The patient’s id.', example);
const params = patientParams(demo.deskPatient.name.id);

interface DeskRoutesOptions {
  desk: Desk;
  merging: ReturnType<typeof createMerging>;
  phone_country: CountryCode;
  default_locale: Locale;
}

export async function deskRoutes(
  instance: FastifyInstance,
  { desk, merging, phone_country, default_locale }: DeskRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'desk',
    description: 'Patients at the desk: find, register and correct them, for reception and admins.',
    order: 115,
  });
  const inputs = deskInputs(phone_country);

  app.get(
    '/patients/',
    {
      preHandler: IsStaff,
      config: { errors: ['too_old'], audit: readsAtOnce('patient.find', personOf) },
      schema: {
        tags,
        operationId: 'findPatients',
        summary: 'Find patients',
        description:
          'By name in either script (Юсупова finds Yusupova, Oʻktam finds Ўктам), by phone in any form, by birthday, or by ' +
          'several of these: all must fit. By name, in the order of the reader’s alphabet. Each look is noted, with whom it showed.',
        querystring: patientSearch(phone_country),
        response: { 200: deskPatientPage },
      },
    },
    async (request) => {
      const reader = chooseLocale(request.headers['accept-language'], default_locale);
      return pageAnswer(request, request.query.page, await desk.find(request.query, reader), LIST);
    },
  );

  app.post(
    '/patients/',
    {
      preHandler: IsStaff,
      config: { errors: ['patient_may_exist'], audit: readsPatient },
      schema: {
        tags,
        operationId: 'registerPatient',
        summary: 'Register a patient at the desk',
        description:
          'Without a sign-in: they claim the record later, with a code to their phone (`POST /api/auth/claim/`). Where somebody ' +
          'has the same phone, or the same birthday and a like name, it is 409 `patient_may_exist` with the `candidates`; ' +
          '`confirm_new: true` registers another person all the same.',
        headers: keyedHeaders,
        body: inputs.register,
        response: { 201: deskPatient },
      },
    },
    async (request, reply) => {
      const registered = onceAnswer(reply, await desk.register(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/patients/${registered.id}/`).send(registered);
    },
  );

  app.get(
    '/patients/:id/',
    {
      preHandler: IsStaff,
      config: { etag: true, errors: ['patient_not_found'], audit: readsPatient },
      schema: {
        tags,
        operationId: 'getPatient',
        summary: 'Show a patient',
        description: 'Of one who was merged into another record, the 404 names that as `merged_into`.',
        params,
        response: { 200: deskPatient },
      },
    },
    async (request) => desk.get(request.params.id),
  );

  app.patch(
    '/patients/:id/',
    {
      preHandler: IsStaff,
      config: { etag: true, errors: ['patient_not_found', 'version_mismatch'], audit: readsPatient },
      schema: {
        tags,
        operationId: 'correctPatient',
        summary: 'Correct what is said of a patient',
        description:
          'Fields that are left out stay as they are; null empties one. Messages no longer go to a changed phone or email, until ' +
          'it is confirmed or vouched for. Of somebody who can sign in, a confirmed one that is replaced is told so, and can ' +
          `take that back for ${STOP_HOURS} hours.`,
        params,
        headers: ifMatchTag,
        body: inputs.correct,
        response: { 200: deskPatient },
      },
    },
    async (request) => desk.correct(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.post(
    '/patients/:id/guardians/',
    {
      preHandler: IsStaff,
      config: {
        errors: ['patient_not_found', 'not_a_dependant', 'too_many_dependants', 'too_many_guardians'],
        audit: readsPatient,
      },
      schema: {
        tags,
        operationId: 'tieGuardian',
        summary: 'Tie a child to who looks after them',
        description:
          'From now on the guardian, a patient too, books for the child and gets their messages, until the child is 18. ' +
          'Repeating it corrects the relationship.',
        params: patientParams(demo.deskChild.id),
        body: guardianTie,
        response: { 200: deskPatient },
      },
    },
    async (request) => desk.tie(request.params.id, request.body, request.user),
  );

  app.post(
    '/patients/:id/merge/',
    {
      preHandler: IsAdmin,
      config: {
        errors: [
          'patient_not_found',
          'visits_overlap',
          'not_with_oneself',
          'too_many_dependants',
          'too_many_guardians',
          'data_keys_missing',
        ],
        audit: readsPatient,
      },
      schema: {
        tags,
        operationId: 'mergePatients',
        summary: 'Merge a record into another of the same person',
        description:
          'Final. Visits, the waiting list, family ties, consents and messages move to `into`, what is held is given back, ' +
          'and the rest of this record is erased: its id is a 404 from then on, which names `into`. `into` keeps its ' +
          'sign-in, or takes the other’s, with its second step, where it has none; it keeps what it says of the person, and takes what it does not say. ' +
          'Where both have an active visit at one time it is 409 `visits_overlap`. The person is told.',
        params: patientParams(demo.duplicate.id),
        body: mergeRequest,
        response: { 200: deskPatient },
      },
    },
    async (request) => merging.merge(request.params.id, request.body.into, request.user),
  );
}
