import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, IsAdmin, IsDoctor, IsStaff } from '../../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { newRoom, room, roomChanges, roomFilters, roomPage } from './rooms.schemas.ts';
import type { Rooms } from './rooms.service.ts';

const tags = ['clinic'];
const params = idParams('The room’s id.', demo.room.id);

export async function roomsRoutes(instance: FastifyInstance, { rooms }: { rooms: Rooms }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/rooms/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      schema: {
        tags,
        operationId: 'listRooms',
        summary: 'See rooms and devices',
        description: 'By branch and kind, those that are closed too.',
        querystring: roomFilters,
        response: { 200: roomPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await rooms.list(request.query, request.user)),
  );

  app.post(
    '/rooms/',
    {
      preHandler: IsAdmin,
      config: { errors: ['branch_not_found', 'name_taken'], location: `/api/rooms/${demo.otherRoom.id}/` },
      schema: {
        tags,
        operationId: 'addRoom',
        summary: 'Add a room or a device',
        description:
          'No room is used twice at a time: neither by the hours of two doctors, nor by an examination beside them.',
        headers: keyedHeaders,
        body: newRoom,
        response: { 201: room },
      },
    },
    async (request, reply) => {
      const added = onceAnswer(reply, await rooms.add(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/rooms/${added.id}/`).send(added);
    },
  );

  app.get(
    '/rooms/:id/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: { etag: true, errors: ['room_not_found'] },
      schema: {
        tags,
        operationId: 'getRoom',
        summary: 'Show a room',
        description: 'With its branch and its kind.',
        params,
        response: { 200: room },
      },
    },
    async (request) => rooms.get(request.params.id, request.user),
  );

  app.patch(
    '/rooms/:id/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['room_not_found', 'version_mismatch', 'name_taken', 'has_upcoming'] },
      schema: {
        tags,
        operationId: 'updateRoom',
        summary: 'Change a room, close it or open it',
        description:
          'With `is_active: false` the free slots in it that are not over are removed, and nothing is published or booked in ' +
          'it. Where visits in it are still to come it takes `upcoming`, as for a branch.',
        params,
        headers: ifMatchTag,
        body: roomChanges,
        response: { 200: room },
      },
    },
    async (request) => rooms.update(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.delete(
    '/rooms/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['room_not_found', 'version_mismatch', 'room_in_use'] },
      schema: {
        tags,
        operationId: 'deleteRoom',
        summary: 'Delete a room',
        description:
          'Only one on which nothing hangs: neither slots, weeks nor visits, past ones too. Others are closed instead.',
        params: idParams('The room’s id.', demo.emptyRoom.id),
        headers: ifMatchTag,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await rooms.remove(request.params.id, request.user, unchanged(request));
      return reply.code(204).send();
    },
  );
}
