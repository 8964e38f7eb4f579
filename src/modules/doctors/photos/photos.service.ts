import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { photoFile, photoOf } from '../../../core/photos.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { within } from '../../../db/deadline.ts';
import { REQUEST } from '../../../db/limits.ts';
import type { Audit } from '../../audit/index.ts';
import { convert, type Images } from './converting.service.ts';
import type { PhotoStore } from './photo.store.ts';
import * as repository from './photos.repository.ts';
import { isPhotoFile, photoOfFile } from './photos.rules.ts';
import type { Photo } from './photos.schemas.ts';

interface PhotosDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  store: PhotoStore;
}

export type Photos = ReturnType<typeof createPhotos>;

/** A file that nobody names may belong to a request that is about to name it, for so long at most (ms). */
const UNNAMED_FOR = 60 * 60 * 1_000;
/** Of so many files it is asked at a time whether anybody names them. */
const BATCH = 500;
/** Files that are read for readers at a time. They are small; what is bounded is who waits for a slow store. */
const READ_AT_ONCE = 100;

/**
 * A profile names its photo, the store has its two files. The files are there before the profile names them, and are
 * removed after it has ceased to: whatever breaks off in between leaves files that nobody names, and the sweep finds those.
 */
export function createPhotos({ db, clock, audit, store }: PhotosDependencies) {
  let under_way = 0;

  /** @throws AppError doctor_not_found; session_ended for those who are erased while they change their own */
  async function replace(doctor: number, photo: string | null, caller: Caller): Promise<void> {
    const change = async (tx: Tx) => {
      const before = await repository.lockPhoto(tx, doctor, { former: photo === null });
      if (!before) throw new AppError(missing(caller));
      if (before.photo === photo) return;
      await repository.setPhoto(tx, doctor, photo);
      if (before.photo !== null) await repository.removeLater(tx, before.photo);
      const details = { fields: ['photo'] };
      await audit.record(tx, { actor: caller, action: 'profile.update', subject: doctor, details });
    };
    // Converting may have taken what a request has for the database.
    await within(performance.now() + REQUEST, () => transaction(db, change));
  }

  return {
    /**
     * Replaces a doctor's photo by what a picture shows.
     * @throws AppError doctor_not_found, and what `convert` throws; provider_unavailable while the store is away
     */
    async put(doctor: number, bytes: Buffer, caller: Caller): Promise<Photo> {
      if (!(await repository.isAnyDoctor(db, doctor))) throw new AppError(missing(caller));
      const images = await convert(bytes);
      const photo = nameOf(images);
      await Promise.all([
        storing(store.put(photoFile(photo, 'small'), images.small)),
        storing(store.put(photoFile(photo, 'large'), images.large)),
      ]);
      // Where this fails it may have happened all the same: the files stay, for the sweep to judge.
      await replace(doctor, photo, caller);
      return photoOf(photo) as Photo;
    },

    /** Also of whoever is a doctor no more. @throws AppError doctor_not_found */
    remove: (doctor: number, caller: Caller): Promise<void> => replace(doctor, null, caller),

    /** @throws AppError photo_not_found, provider_unavailable, overloaded */
    async read(file: string): Promise<Buffer> {
      if (!isPhotoFile(file)) throw new AppError('photo_not_found');
      if (under_way >= READ_AT_ONCE) throw new AppError('overloaded', { retryAfter: 2 });
      under_way += 1;
      try {
        const bytes = await storing(store.get(file));
        if (!bytes) throw new AppError('photo_not_found');
        return bytes;
      } finally {
        under_way -= 1;
      }
    },

    /** The job that removes the files of a photo that nobody names any more. */
    async removeFiles(payload: unknown): Promise<void> {
      const { photo } = payload as { photo: string };
      await Promise.all([store.remove(photoFile(photo, 'small')), store.remove(photoFile(photo, 'large'))]);
    },

    /** Removes files that nobody names. Safe to repeat, beside another process that does the same, and to end anywhere. */
    async sweep(): Promise<void> {
      const before = new Date(clock.now().getTime() - UNNAMED_FOR);
      const files = new Map<string, string>();
      const removeUnnamed = async () => {
        const named = await repository.namedOf(db, [...new Set(files.values())]);
        for (const [file, photo] of files) if (!named.has(photo)) await store.remove(file);
        files.clear();
      };
      for await (const { file, changed_at } of store.list()) {
        const photo = photoOfFile(file);
        if (photo === undefined || changed_at >= before) continue;
        files.set(file, photo);
        if (files.size >= BATCH) await removeUnnamed();
      }
      if (files.size > 0) await removeUnnamed();
    },
  };
}

/** A doctor changes their own alone, and is there unless they have just been erased. */
const missing = (caller: Caller) => (sideOf(caller.role) === 'doctor' ? 'session_ended' : 'doctor_not_found');

/** By its content, and never twice: a file is one upload's, so that removing it takes it from nobody else. */
const nameOf = ({ large }: Images): string =>
  createHash('sha256').update(large).update(randomBytes(16)).digest('hex').slice(0, 32);

/** What the store does for a request. */
async function storing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw new AppError('provider_unavailable', { retryAfter: 2, cause });
  }
}
