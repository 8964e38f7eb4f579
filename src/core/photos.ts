/** How photos are named and where they are served. */

/** The longest side of each size, in pixels. */
export const photoSizes = { small: 160, large: 640 } as const;
type PhotoSize = keyof typeof photoSizes;

/** Where photos are served. */
export const PHOTOS_PATH = '/photos/';

/** The file of one size of a photo. */
export const photoFile = (photo: string, size: PhotoSize): string => `${photo}-${size}.webp`;

/**
 * Both sizes, as answers show them.
 * @param photo its name, as a profile keeps it; null where there is none
 */
export function photoOf(photo: string | null): Record<PhotoSize, string> | null {
  if (photo === null) return null;
  return {
    small: `${PHOTOS_PATH}${photoFile(photo, 'small')}`,
    large: `${PHOTOS_PATH}${photoFile(photo, 'large')}`,
  };
}
