import sharp from 'sharp';
import { photoSizes } from '../../../core/photos.ts';
import { type Converted, PIXELS_MAX } from './photos.rules.ts';

/**
 * Converts one picture, in a process of its own (see converting.service.ts): what comes in by the first message goes out
 * by the answer to it.
 */

sharp.cache(false);
sharp.concurrency(1);
// libvips reads dozens of formats; whoever sends a picture reaches three of its decoders and no other.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
});

/** `error`: broken pictures are refused, oddities that every viewer accepts are not. Of an animation the first frame. */
const READING = { failOn: 'error', pages: 1, limitInputPixels: PIXELS_MAX } as const;
const WRITING = { quality: 80 };

async function convert(bytes: Uint8Array): Promise<Converted> {
  // Reads the header alone.
  const { width, height } = await sharp(bytes, { ...READING, limitInputPixels: false }).metadata();
  if (width * height > PIXELS_MAX) return { refused: 'too_large' };
  const within = (side: number) => ({
    width: side,
    height: side,
    fit: 'inside' as const,
    withoutEnlargement: true,
  });
  // Decoded once, to bare pixels: nothing but those is left of the file from here on.
  const { data, info } = await sharp(bytes, READING)
    .autoOrient()
    .resize(within(photoSizes.large))
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = () => sharp(data, { raw: info });
  const large = await pixels().webp(WRITING).toBuffer();
  const small = await pixels().resize(within(photoSizes.small)).webp(WRITING).toBuffer();
  return { small, large };
}

// It stays until whoever asked has the answer and ends it, or is gone itself.
process.on('message', async (bytes: Uint8Array) => {
  process.send?.(await convert(bytes).catch((): Converted => ({ refused: 'unreadable' })));
});
