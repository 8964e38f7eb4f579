import type { Photos } from './photos/photos.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const doctorsJobs = (photos: Photos) => ({
  tasks: {
    remove_photo: (payload: unknown) => photos.removeFiles(payload),
    sweep_photos: () => photos.sweep(),
  },
  // What is replaced or erased is removed at once; this finds only what was broken off.
  repeated: [{ task: 'sweep_photos', match: '27 22 * * *' }],
});
