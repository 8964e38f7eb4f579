/** What may be uploaded as a photo. */

/** Decoded, a picture of so many takes 100 MB. */
export const PIXELS_MAX = 25_000_000;

const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether it begins as a JPEG, a PNG or a WebP does, whatever it calls itself. */
export function isPicture(bytes: Buffer): boolean {
  const startsWith = (signature: Buffer) => bytes.subarray(0, signature.length).equals(signature);
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return startsWith(JPEG) || startsWith(PNG) || isWebp;
}

/** A file of one size of a photo, as it is asked for. */
export const isPhotoFile = (file: string): boolean => /^[0-9a-f]{32}-(?:small|large)\.webp$/.test(file);

/** The photo that a file in the store belongs to, half-written ones too; undefined for what is no file of ours. */
export const photoOfFile = (file: string): string | undefined => /^([0-9a-f]{32})-/.exec(file)?.[1];

/** What the process that converts answers with. */
export type Converted = { small: Uint8Array; large: Uint8Array } | { refused: 'unreadable' | 'too_large' };
