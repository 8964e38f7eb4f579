import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin, IsSignedIn, ofDirectory, readerOf } from '../../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { givenServices, newGivenServices } from './giving.schemas.ts';
import { newService, service, serviceChanges, serviceFilters, servicePage } from './services.schemas.ts';
import type { Services } from './services.service.ts';

const tags = ['services'];
const params = idParams('The service’s id.', demo.services.examination.id);
const ofDoctor = idParams('The doctor’s id, from the directory.', demo.doctor.id);

export async function servicesRoutes(
  instance: FastifyInstance,
  { services, public_directory }: { services: Services; public_directory: boolean },
) {
  const guard = ofDirectory(public_directory, IsSignedIn);
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'services',
    description: 'What doctors give: how long it takes, what it costs, and for whom it is.',
    order: 25,
  });

  app.get(
    '/services/',
    {
      preHandler: guard,
      config: { etag: 'page', guests_keep: 60 },
      schema: {
        tags,
        operationId: 'listServices',
        summary: 'Find a service',
        description: 'What can be booked; admins see the rest as well.',
        querystring: serviceFilters,
        response: { 200: servicePage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await services.list(request.query, readerOf(request))),
  );

  app.post(
    '/services/',
    {
      preHandler: IsAdmin,
      schema: {
        tags,
        operationId: 'addService',
        summary: 'Add a service',
        description: 'Nobody gives it yet: say so for each doctor by `/api/doctors/{id}/services/`.',
        headers: keyedHeaders,
        body: newService,
        response: { 201: service },
      },
    },
    async (request, reply) => {
      const added = onceAnswer(reply, await services.add(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/services/${added.id}/`).send(added);
    },
  );

  app.get(
    '/services/:id/',
    {
      preHandler: guard,
      config: { etag: true, errors: ['service_not_found'], guests_keep: 60 },
      schema: {
        tags,
        operationId: 'getService',
        summary: 'Show a service',
        description:
          'As the clinic gives it; a doctor’s own time and price stand in `/api/doctors/{id}/services/`.',
        params,
        response: { 200: service },
      },
    },
    async (request) => services.get(request.params.id, readerOf(request)),
  );

  app.patch(
    '/services/:id/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['service_not_found', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'updateService',
        summary: 'Change a service',
        description:
          'It counts from the next booking on. Visits keep the name and the price that were agreed, and their slots.',
        params,
        headers: ifMatchTag,
        body: serviceChanges,
        response: { 200: service },
      },
    },
    async (request) => services.change(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.delete(
    '/services/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['service_not_found', 'version_mismatch', 'service_in_use'] },
      schema: {
        tags,
        operationId: 'deleteService',
        summary: 'Delete a service',
        description:
          'Only while no visit, no entry of the waiting list and no doctor refers to it. Any other one is deactivated.',
        params: idParams('The service’s id.', demo.services.unused.id),
        headers: ifMatchTag,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await services.remove(request.params.id, request.user, unchanged(request));
      return reply.code(204).send();
    },
  );

  app.get(
    '/doctors/:id/services/',
    {
      preHandler: guard,
      config: { etag: true, errors: ['doctor_not_found'], guests_keep: 60 },
      schema: {
        tags,
        operationId: 'listGivenServices',
        summary: 'See what a doctor gives',
        description: 'With the time and the price that it has with them.',
        params: ofDoctor,
        response: { 200: givenServices },
      },
    },
    async (request) => services.giving.list(request.params.id, readerOf(request)),
  );

  app.put(
    '/doctors/:id/services/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['doctor_not_found', 'version_mismatch', 'service_not_found'] },
      schema: {
        tags,
        operationId: 'putGivenServices',
        summary: 'Write what a doctor gives',
        description: 'It takes the place of all that they gave. Visits that are booked stay as they are.',
        params: ofDoctor,
        headers: ifMatchTag,
        body: newGivenServices,
        response: { 200: givenServices },
      },
    },
    async (request) =>
      services.giving.replace(request.params.id, request.body, request.user, unchanged(request)),
  );
}
