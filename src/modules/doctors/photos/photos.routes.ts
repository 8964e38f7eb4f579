import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { PHOTOS_PATH } from '../../../core/photos.ts';
import { idParams, photo } from '../../../http/fields.ts';
import { IsAdmin, IsDoctor, Public } from '../../../http/guards.ts';
import { uploads } from '../../../http/uploads.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { BYTES_MAX, photoBytes, photoParams, picture, pictureTypes } from './photos.schemas.ts';
import type { Photos } from './photos.service.ts';

const tags = ['doctors'];
const params = idParams('The doctor’s id, from the directory.', demo.doctor.id);

const PUT =
  'The body is the picture itself: JPEG, PNG or WebP by its content, whatever type is named, of at most 5 MiB and 25 ' +
  'megapixels. It is made anew in two sizes, turned the right way up, of an animation the first frame; nothing else of the ' +
  'file is kept, such as the place where it was taken. The answer names where both sizes are served.';
const REFUSALS: readonly ErrorCode[] = ['image_unreadable', 'image_too_large', 'provider_unavailable'];

/** Bodies of 5 MiB that are held in memory at a time, until a picture is made of each. */
const UPLOADS = 8;

interface PhotosRoutesOptions {
  photos: Photos;
}

export async function photosRoutes(instance: FastifyInstance, { photos }: PhotosRoutesOptions) {
  await instance.register(puttingRoutes, { photos });
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.delete(
    '/doctor/photo/',
    {
      preHandler: IsDoctor,
      schema: {
        tags,
        operationId: 'deletePhoto',
        summary: 'Remove my photo',
        description: 'Also where there is none.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await photos.remove(request.user.id, request.user);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/doctors/:id/photo/',
    {
      preHandler: IsAdmin,
      config: { errors: ['doctor_not_found'] },
      schema: {
        tags,
        operationId: 'deletePhotoOfDoctor',
        summary: 'Remove a doctor’s photo',
        description: 'Also where there is none, and of whoever is a doctor no more.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await photos.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}

/** The routes that take a picture, apart from all others, which take none. */
async function puttingRoutes(instance: FastifyInstance, { photos }: PhotosRoutesOptions) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const { take, leave } = uploads(UPLOADS);
  /** Who may not put it is refused before a byte of it is read. */
  const taking = (guard: preHandlerAsyncHookHandler) => ({
    onRequest: [guard, take],
    preHandler: guard,
    onSend: leave,
    bodyLimit: BYTES_MAX,
  });

  app.put(
    '/doctor/photo/',
    {
      ...taking(IsDoctor),
      config: { errors: REFUSALS, turn: 'compute' },
      schema: {
        tags,
        operationId: 'putPhoto',
        summary: 'Show my photo in the directory',
        description: PUT,
        consumes: pictureTypes,
        body: picture,
        response: { 200: photo },
      },
    },
    async (request) => photos.put(request.user.id, request.body, request.user),
  );

  app.put(
    '/doctors/:id/photo/',
    {
      ...taking(IsAdmin),
      config: { errors: ['doctor_not_found', ...REFUSALS], turn: 'compute' },
      schema: {
        tags,
        operationId: 'putPhotoOfDoctor',
        summary: 'Show a doctor’s photo in the directory',
        description: PUT,
        consumes: pictureTypes,
        params,
        body: picture,
        response: { 200: photo },
      },
    },
    async (request) => photos.put(request.params.id, request.body, request.user),
  );
}

/** Where photos are served: to everybody, and to be kept for ever, since a new photo has a new address. */
export async function publicPhotosRoutes(instance: FastifyInstance, { photos }: PhotosRoutesOptions) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    `${PHOTOS_PATH}:file`,
    {
      preHandler: Public,
      // A page of the directory asks for twenty at once, and a waiting room comes from one address. Caches ask once.
      config: { errors: ['photo_not_found', 'overloaded', 'provider_unavailable'], rate: 'none' },
      schema: {
        tags,
        operationId: 'getPhoto',
        summary: 'Load a photo',
        description:
          'What a doctor’s `photo` leads to, for pages to show. It never changes: a new photo has a new address, and the ' +
          'one before it is gone. Not counted by the limits of requests.',
        params: photoParams,
        response: { 200: { description: 'The photo.', content: { 'image/webp': { schema: photoBytes } } } },
      },
    },
    async (request, reply) => {
      const bytes = await photos.read(request.params.file);
      return reply
        .header('content-type', 'image/webp')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('cross-origin-resource-policy', 'cross-origin')
        .send(bytes as never);
    },
  );
}
