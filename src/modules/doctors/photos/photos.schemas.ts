import { z } from 'zod';
import { PHOTOS_PATH } from '../../../core/photos.ts';
import * as fields from '../../../http/fields.ts';
import { issue } from '../../../http/zod.ts';

/** Bytes; nginx has the same bound (deploy/nginx.conf). */
export const BYTES_MAX = 5 * 1024 * 1024;

/** The types in which clients send pictures. */
export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'];

export type Photo = z.infer<typeof fields.photo>;

/** The bytes of a picture. What they are is judged by what they hold, not by the type that the request names. */
export const picture = z
  .custom<Buffer>((body) => Buffer.isBuffer(body) && body.length > 0, issue('required'))
  .meta({
    type: 'string',
    format: 'binary',
    maxLength: BYTES_MAX,
    description: 'The picture itself, as bytes.',
    examples: ['(the bytes of the picture)'],
  });

/** One size of a photo, as bytes. */
export const photoBytes = z.string().meta({
  format: 'binary',
  maxLength: BYTES_MAX,
  description: 'The photo, as bytes.',
  examples: ['(the bytes of the photo)'],
});

export const photoParams = z.object({
  file: z.string().meta({
    description: 'As a doctor’s `photo` names it.',
    maxLength: 100,
    examples: [fields.PHOTO_EXAMPLE.small.slice(PHOTOS_PATH.length)],
  }),
});
