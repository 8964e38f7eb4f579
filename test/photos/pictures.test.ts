import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { convert } from '../../src/modules/doctors/photos/converting.service.ts';
import {
  animatedWebp,
  drawn,
  jpeg,
  jpegWithPlace,
  png,
  polyglot,
  sidesOf,
  turnedJpeg,
  vastJpeg,
  vastPng,
  webp,
} from '../helpers/pictures.ts';

/** What becomes of a picture that is sent. */

const HTML = '<html><script>alert(document.cookie)</script></html>';
const UPRIGHT = { top: 'red', bottom: 'blue' };

/** The names of the chunks of a WebP. */
function chunksOf(bytes: Buffer): string[] {
  const names: string[] = [];
  for (
    let at = 12;
    at < bytes.length;
    at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) % 2)
  )
    names.push(bytes.toString('latin1', at, at + 4));
  return names;
}

describe('both sizes of a photo', () => {
  test.each([
    ['a JPEG', jpeg],
    ['a PNG', png],
    ['a WebP', webp],
    ['a JPEG with a place in it', jpegWithPlace],
    ['a JPEG that is also a page', () => polyglot(HTML)],
    ['the first frame of an animated WebP', animatedWebp],
    [
      'a PNG with transparency and 16 bits',
      () => drawn().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer(),
    ],
    [
      'a progressive JPEG in CMYK',
      () => drawn().toColourspace('cmyk').jpeg({ progressive: true }).toBuffer(),
    ],
    ['a picture in grey', async () => drawn().greyscale().png().toBuffer()],
    ['a JPEG with the colours of a wide screen', () => drawn().withIccProfile('p3').jpeg().toBuffer()],
  ])('of %s are WebP with nothing in it but pixels', async (name, make) => {
    const { small, large } = await convert(await make());
    for (const [bytes, side] of [
      [small, 160],
      [large, 320],
    ] as const) {
      const { format, width, height, pages, space } = await sharp(bytes).metadata();
      expect({ format, width, height, pages, space }).toEqual({
        format: 'webp',
        width: side,
        height: (side * 3) / 4,
        pages: undefined,
        space: 'srgb',
      });
      expect(chunksOf(bytes).filter((chunk) => !/^(VP8[ LX]|ALPH)$/.test(chunk))).toEqual([]);
      if (!name.includes('grey')) expect(await sidesOf(bytes)).toMatchObject(UPRIGHT);
      const text = bytes.toString('latin1');
      for (const secret of ['script', 'Nokia', 'Karimova', 'secret', 'Exif', 'GPS'])
        expect(text).not.toContain(secret);
    }
  });

  test('of a picture that is to be turned stand upright', async () => {
    const turned = await turnedJpeg();
    expect((await sharp(turned).metadata()).orientation).toBe(6);
    for (const bytes of Object.values(await convert(turned))) {
      const { width, height, orientation } = await sharp(bytes).metadata();
      expect(height).toBeGreaterThan(width);
      expect(orientation).toBeUndefined();
      expect(await sidesOf(bytes)).toMatchObject({ right: 'red', left: 'blue' });
    }
  });

  test('of a large picture are as large as they may be, of a tiny one as large as it is', async () => {
    const sizes = async (picture: Buffer) => {
      const { small, large } = await convert(picture);
      return Promise.all(
        [small, large].map(async (bytes) => {
          const { width, height } = await sharp(bytes).metadata();
          return [width, height];
        }),
      );
    };
    expect(await sizes(await drawn(5_000, 2_500).jpeg().toBuffer())).toEqual([
      [160, 80],
      [640, 320],
    ]);
    expect(await sizes(await drawn(2, 2).png().toBuffer())).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });
});

describe('refused is', () => {
  const half = async (picture: Promise<Buffer>) => {
    const whole = await picture;
    return whole.subarray(0, whole.length / 2);
  };
  test.each([
    ['a PNG that says it is vast', async () => vastPng(30_000, 30_000), 'image_too_large'],
    ['a JPEG that says it is vast', () => vastJpeg(30_000, 30_000), 'image_too_large'],
    ['one pixel more than 25 million', async () => vastPng(25_000_001, 1), 'image_too_large'],
    ['a PNG with a header alone', async () => vastPng(3_000, 3_000), 'image_unreadable'],
    ['half a JPEG', () => half(jpeg()), 'image_unreadable'],
    ['half a PNG', () => half(png()), 'image_unreadable'],
    ['half a WebP', () => half(webp()), 'image_unreadable'],
    ['three bytes of a JPEG', async () => Buffer.from([0xff, 0xd8, 0xff]), 'image_unreadable'],
    ['a GIF', async () => drawn().gif().toBuffer(), 'unsupported_media_type'],
    ['a TIFF', async () => drawn().tiff().toBuffer(), 'unsupported_media_type'],
    ['an AVIF', async () => drawn(32, 32).avif().toBuffer(), 'unsupported_media_type'],
    [
      'an SVG',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'unsupported_media_type',
    ],
    ['a page', async () => Buffer.from(HTML), 'unsupported_media_type'],
    [
      'a page with a picture behind it',
      async () => Buffer.concat([Buffer.from(HTML), await jpeg()]),
      'unsupported_media_type',
    ],
    [
      'a GIF that begins as a JPEG',
      async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), await drawn().gif().toBuffer()]),
      'image_unreadable',
    ],
  ])('%s', async (_, make, code) => {
    await expect(convert(await make())).rejects.toMatchObject({ code });
  });
});
