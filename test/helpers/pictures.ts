import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Pictures for uploads, drawn when they are needed: no picture stands in the repository. */

/** Red above, blue below: which side is up can be told. */
export function drawn(width = 320, height = 240): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at += 1) {
    const isUpper = at < (width * height) / 2;
    pixels[at * 3] = isUpper ? 230 : 20;
    pixels[at * 3 + 2] = isUpper ? 20 : 230;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

export const jpeg = (): Promise<Buffer> => drawn().jpeg().toBuffer();
export const png = (): Promise<Buffer> => drawn().png().toBuffer();
export const webp = (): Promise<Buffer> => drawn().webp().toBuffer();

/** With a camera, a person and the place where it was taken: Registan, Samarkand. */
export const jpegWithPlace = (): Promise<Buffer> =>
  drawn()
    .withExif({
      IFD0: { Make: 'Nokia-3310', Artist: 'Aziza-Karimova', ImageDescription: 'secret-description' },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '39/1 39/1 17/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '66/1 58/1 33/1',
      },
    })
    .jpeg()
    .toBuffer();

/** As a telephone held upright writes it: to be turned by 90° before it is shown. */
export const turnedJpeg = (): Promise<Buffer> => drawn().withMetadata({ orientation: 6 }).jpeg().toBuffer();

/** Three frames: the drawn one, then two of one grey. */
export async function animatedWebp(): Promise<Buffer> {
  const [width, height] = [320, 240];
  const first = await drawn(width, height).raw().toBuffer();
  const others = Buffer.alloc(width * height * 3 * 2, 128);
  return sharp(Buffer.concat([first, others]), {
    raw: { width, height: height * 3, channels: 3, pageHeight: height },
  })
    .webp({ loop: 0, delay: [100, 100, 100] })
    .toBuffer();
}

/** A JPEG with a page behind its end, and one in a comment. */
export async function polyglot(html: string): Promise<Buffer> {
  const picture = await jpeg();
  const comment = Buffer.from(html);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(comment.length + 2, 2);
  return Buffer.concat([picture.subarray(0, 2), head, comment, picture.subarray(2), comment]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A PNG of a few bytes, whose header says that it is as large as this. */
export function vastPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const nothing = Buffer.from([0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', nothing),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG of a few bytes, whose header says that it is as large as this. */
export async function vastJpeg(width: number, height: number): Promise<Buffer> {
  const picture = Buffer.from(await jpeg());
  // SOF0: marker, length, precision, height, width.
  const frame = picture.indexOf(Buffer.from([0xff, 0xc0]));
  picture.writeUInt16BE(height, frame + 5);
  picture.writeUInt16BE(width, frame + 7);
  return picture;
}

/** Whether a picture is red above and blue below, or how it is turned: the colours of its four sides. */
export async function sidesOf(bytes: Buffer): Promise<Record<'top' | 'bottom' | 'left' | 'right', string>> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = (Math.floor(y * (info.height - 1)) * info.width + Math.floor(x * (info.width - 1))) * 3;
    const [red = 0, , blue = 0] = data.subarray(start, start + 3);
    return red - blue > 80 ? 'red' : blue - red > 80 ? 'blue' : 'other';
  };
  return { top: at(0.5, 0.1), bottom: at(0.5, 0.9), left: at(0.1, 0.5), right: at(0.9, 0.5) };
}
