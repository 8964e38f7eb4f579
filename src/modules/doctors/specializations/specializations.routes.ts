import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import type { Locale } from '../../../core/words.ts';
import { varyBy } from '../../../http/accept.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin, IsSignedIn, ofDirectory } from '../../../http/guards.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import {
  join,
  newSpecialization,
  specialization,
  specializationChanges,
  specializationPage,
  specializationQuery,
} from './specializations.schemas.ts';
import type { Specializations } from './specializations.service.ts';

const tags = ['doctors'];
const params = idParams('The specialization’s id.', demo.specialization.id);

interface Options {
  specializations: Specializations;
  default_locale: Locale;
  public_directory: boolean;
}

export async function specializationsRoutes(
  instance: FastifyInstance,
  { specializations, default_locale, public_directory }: Options,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/specializations/',
    {
      preHandler: ofDirectory(public_directory, IsSignedIn),
      config: { guests_keep: 60 },
      schema: {
        tags,
        operationId: 'listSpecializations',
        summary: 'See the specializations',
        description:
          'What doctors can choose, by name in the language and alphabet of `Accept-Language`. Wherever a `specialization` ' +
          'is asked for, any of its names will do, in either script.',
        querystring: specializationQuery,
        response: { 200: specializationPage },
      },
    },
    async (request, reply) => {
      const reader = chooseLocale(request.headers['accept-language'], default_locale);
      varyBy(reply, 'accept-language');
      return pageAnswer(request, request.query.page, await specializations.list(request.query, reader));
    },
  );

  app.post(
    '/specializations/',
    {
      preHandler: IsAdmin,
      config: { errors: ['name_taken'], location: `/api/specializations/?page=1` },
      schema: {
        tags,
        operationId: 'addSpecialization',
        summary: 'Add a specialization',
        description:
          'Doctors choose from this list. A name that is one already, in whatever script or spelling, is 409 `name_taken`.',
        body: newSpecialization,
        response: { 201: specialization },
      },
    },
    async (request, reply) => {
      const added = await specializations.add(request.body, request.user);
      return reply.code(201).header('location', '/api/specializations/?page=1').send(added);
    },
  );

  app.patch(
    '/specializations/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['specialization_not_found', 'name_taken'] },
      schema: {
        tags,
        operationId: 'updateSpecialization',
        summary: 'Rename a specialization',
        description:
          'Doctors, services and the waiting list show the new `name` at once. A name that is no longer there finds it no ' +
          'more.',
        params,
        body: specializationChanges,
        response: { 200: specialization },
      },
    },
    async (request) => specializations.change(request.params.id, request.body, request.user),
  );

  app.post(
    '/specializations/:id/join/',
    {
      preHandler: IsAdmin,
      config: { errors: ['specialization_not_found'] },
      schema: {
        tags,
        operationId: 'joinSpecialization',
        summary: 'Join a specialization to another one',
        description:
          'For two that are the same: doctors, services and the waiting list of this one become those of `into`, which is ' +
          'found by its names as well. This one is gone.',
        params: idParams('The specialization that goes.', demo.duplicateSpecialization.id),
        body: join,
        response: { 200: specialization },
      },
    },
    async (request) => specializations.join(request.params.id, request.body.into, request.user),
  );
}
