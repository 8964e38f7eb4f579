import { createFolderStore } from './folder.store.ts';
import type { PhotoStore } from './photo.store.ts';
import { createS3Store, type S3Settings } from './s3.store.ts';

/** The store that the settings name: a folder of this machine, or a bucket. */
export const openPhotoStore = (place: { folder: string } | S3Settings): PhotoStore =>
  'folder' in place ? createFolderStore(place.folder) : createS3Store(place);
