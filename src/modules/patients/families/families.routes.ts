import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams, idText } from '../../../http/fields.ts';
import { IsAdmin, IsPatient } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import {
  DEPENDANTS_MAX,
  type Dependant,
  dependant,
  dependantChanges,
  dependants,
  INVITATION_HOURS,
  invitation,
  joining,
  newDependant,
} from './families.schemas.ts';
import type { Families } from './families.service.ts';
import type { Invitations } from './invitations.service.ts';

const tags = ['families'];
const params = idParams('The dependant’s id.', demo.child.id);
const readsDependant = reads('family.read', ({ id }: Dependant) => id);

interface FamiliesRoutesOptions {
  families: Families;
  invitations: Invitations;
}

/** Those for whom a patient books. */
export async function familiesRoutes(
  instance: FastifyInstance,
  { families, invitations }: FamiliesRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'families', description: 'Children, and whoever books for them.', order: 35 });

  app.post(
    '/patient/dependants/',
    {
      preHandler: IsPatient,
      config: { errors: ['too_many_dependants'], audit: readsDependant },
      schema: {
        tags,
        operationId: 'addDependant',
        summary: 'Add a child for whom I book',
        description:
          'A child, or somebody else under 18, who has no sign-in. With their id as `patient` I book, hold and wait for ' +
          'them; what is told of their visits is told to me. It ends with their 18th birthday by itself. At most ' +
          `${DEPENDANTS_MAX} at a time.`,
        headers: keyedHeaders,
        body: newDependant,
        response: { 201: dependant },
      },
    },
    async (request, reply) => {
      const added = onceAnswer(reply, await families.add(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/patient/dependants/${added.id}/`).send(added);
    },
  );

  app.get(
    '/patient/dependants/',
    {
      preHandler: IsPatient,
      config: { audit: reads('family.list', ({ id }: Dependant) => id) },
      schema: {
        tags,
        operationId: 'listDependants',
        summary: 'See for whom I book',
        description: 'Those under 18 whom I look after. No pages: there are few.',
        response: { 200: dependants },
      },
    },
    async (request) => families.list(request.user),
  );

  app.get(
    '/patient/dependants/:id/',
    {
      preHandler: IsPatient,
      config: { etag: true, errors: ['patient_not_found'], audit: readsDependant },
      schema: {
        tags,
        operationId: 'getDependant',
        summary: 'Show somebody for whom I book',
        description: 'One of those whom I look after; anybody else is a 404.',
        params,
        response: { 200: dependant },
      },
    },
    async (request) => families.get(request.params.id, request.user),
  );

  app.patch(
    '/patient/dependants/:id/',
    {
      preHandler: IsPatient,
      config: { etag: true, errors: ['patient_not_found', 'version_mismatch'], audit: readsDependant },
      schema: {
        tags,
        operationId: 'updateDependant',
        summary: 'Correct what is known of somebody for whom I book',
        description:
          'Fields that are left out stay as they are. `relationship` is my own: another guardian keeps theirs.',
        params,
        headers: ifMatchTag,
        body: dependantChanges,
        response: { 200: dependant },
      },
    },
    async (request) => families.change(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.delete(
    '/patient/dependants/:id/',
    {
      preHandler: IsPatient,
      config: { errors: ['patient_not_found', 'dependant_has_visits', 'provider_unavailable'] },
      schema: {
        tags,
        operationId: 'removeDependant',
        summary: 'Look after somebody no longer',
        description:
          'Ends my own part; other guardians keep theirs. Where nobody else looks after them and they have visits that are ' +
          'still to come, it is 409 `dependant_has_visits` with their `count`. Whoever had no visit, and is not in the ' +
          'clinic’s own records, is erased with their last guardian.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await families.remove(request.params.id, request.user.id, request.user);
      return reply.code(204).send();
    },
  );

  app.post(
    '/patient/dependants/:id/invite/',
    {
      preHandler: IsPatient,
      config: { errors: ['patient_not_found'], location: `/api/patient/dependants/${demo.child.id}/` },
      schema: {
        tags,
        operationId: 'inviteGuardian',
        summary: 'Get a code for another guardian',
        description:
          'Hand the code to the other parent, or whoever else shall book for the child: with it they join, once, within ' +
          `${INVITATION_HOURS} hours. A new code ends the one before. It is kept as a hash, so it is shown only here.`,
        params,
        response: { 201: invitation },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const invited = await invitations.invite(id, request.user);
      return reply.code(201).header('location', `/api/patient/dependants/${id}/`).send(invited);
    },
  );

  app.post(
    '/patient/dependants/join/',
    {
      preHandler: IsPatient,
      config: {
        errors: ['invalid_code', 'too_many_dependants', 'too_many_guardians'],
        audit: readsDependant,
      },
      schema: {
        tags,
        operationId: 'joinAsGuardian',
        summary: 'Become a guardian with a code',
        description:
          'From now on I book for them as well, and hear of their visits. After five wrong codes each further one has to ' +
          'wait, longer each time.',
        body: joining,
        response: { 201: dependant },
      },
    },
    async (request, reply) => {
      const joined = await invitations.join(request.body, request.user);
      return reply.code(201).header('location', `/api/patient/dependants/${joined.id}/`).send(joined);
    },
  );

  app.delete(
    '/patients/:id/guardians/:guardian/',
    {
      preHandler: IsAdmin,
      config: { errors: ['patient_not_found', 'dependant_has_visits', 'provider_unavailable'] },
      schema: {
        tags,
        operationId: 'removeGuardian',
        summary: 'Take somebody’s guardian away',
        description:
          'For an admin, such as where a court has decided so. It follows the rules of a guardian who ends their own part.',
        params: params.extend({
          guardian: idText.meta({ description: 'The guardian’s id.', examples: [demo.patient.id] }),
        }),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { id, guardian } = request.params;
      await families.remove(id, guardian, request.user);
      return reply.code(204).send();
    },
  );
}
