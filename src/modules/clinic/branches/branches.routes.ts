import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin, IsSignedIn, ofDirectory } from '../../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { branch, branchInputs, branchPage, branchQuery } from './branches.schemas.ts';
import type { Branches } from './branches.service.ts';

const tags = ['clinic'];
const params = idParams('The branch’s id.', demo.branch.id);

export async function branchesRoutes(
  instance: FastifyInstance,
  {
    branches,
    phone_country,
    public_directory,
  }: { branches: Branches; phone_country: CountryCode; public_directory: boolean },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const guard = ofDirectory(public_directory, IsSignedIn);
  const inputs = branchInputs(phone_country);

  app.get(
    '/branches/',
    {
      preHandler: guard,
      config: { guests_keep: 60 },
      schema: {
        tags,
        operationId: 'listBranches',
        summary: 'See the clinic’s branches',
        description: 'The eldest first, those that are closed too.',
        querystring: branchQuery,
        response: { 200: branchPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await branches.list(request.query)),
  );

  app.post(
    '/branches/',
    {
      preHandler: IsAdmin,
      config: { errors: ['name_taken'], location: `/api/branches/${demo.emptyBranch.id}/` },
      schema: {
        tags,
        operationId: 'addBranch',
        summary: 'Add a branch',
        description:
          'As soon as a clinic has several active branches, whoever publishes slots says in which, unless the doctor works ' +
          'in one only.',
        headers: keyedHeaders,
        body: inputs.create,
        response: { 201: branch },
      },
    },
    async (request, reply) => {
      const added = onceAnswer(reply, await branches.add(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/branches/${added.id}/`).send(added);
    },
  );

  app.get(
    '/branches/:id/',
    {
      preHandler: guard,
      config: { etag: true, errors: ['branch_not_found'], guests_keep: 60 },
      schema: {
        tags,
        operationId: 'getBranch',
        summary: 'Show a branch',
        description: 'With its address and its phone.',
        params,
        response: { 200: branch },
      },
    },
    async (request) => branches.get(request.params.id),
  );

  app.patch(
    '/branches/:id/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['branch_not_found', 'version_mismatch', 'name_taken', 'has_upcoming'] },
      schema: {
        tags,
        operationId: 'updateBranch',
        summary: 'Change a branch, close it or open it',
        description:
          'Fields that are left out stay as they are; null empties one. With `is_active: false` its free slots that are ' +
          'not over are removed, and nothing is published or booked there. Where visits are still to come it takes `upcoming`, ' +
          'else it is 409 `has_upcoming` with their `count`: `cancel` cancels them in the same act, with the reason ' +
          '`clinic_closed`, and every patient is told, with other times; `keep` lets them take place. Opened again, slots ' +
          'come back from the doctors’ weeks; nothing else does.',
        params,
        headers: ifMatchTag,
        body: inputs.update,
        response: { 200: branch },
      },
    },
    async (request) => branches.update(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.delete(
    '/branches/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['branch_not_found', 'version_mismatch', 'branch_in_use'] },
      schema: {
        tags,
        operationId: 'deleteBranch',
        summary: 'Delete a branch',
        description:
          'Only one on which nothing hangs: neither rooms, slots, weeks, holidays nor visits, past ones too. Others are ' +
          'closed instead.',
        params: idParams('The branch’s id.', demo.emptyBranch.id),
        headers: ifMatchTag,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await branches.remove(request.params.id, request.user, unchanged(request));
      return reply.code(204).send();
    },
  );
}
