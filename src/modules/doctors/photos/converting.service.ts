import { fork } from 'node:child_process';
import { AppError } from '../../../core/errors.ts';
import { type Converted, isPicture } from './photos.rules.ts';

/** Both sizes of a photo, as WebP. */
export interface Images {
  small: Buffer;
  large: Buffer;
}

/** No picture that is let in takes a tenth of this on a machine that has time for it. */
const TIMEOUT = 15_000;

const PROCESS = new URL('./converting.process.ts', import.meta.url);

/**
 * Makes the two sizes of a photo from whatever picture was sent; nothing else of the file survives.
 *
 * Each picture is decoded in a process of its own. A picture that brings the decoder down ends that process and not the
 * API; one that takes too long can be ended; the 85 to 215 MB that it takes go back to the system; and libuv's threads are
 * left to passwords and files. To start the process takes 0.14 s of a processor; a picture of 25 megapixels takes 0.3 to 0.5 s
 * beside that.
 * @throws AppError unsupported_media_type, image_unreadable, image_too_large, overloaded, provider_unavailable
 */
export async function convert(bytes: Buffer): Promise<Images> {
  if (!isPicture(bytes)) throw new AppError('unsupported_media_type');
  const converted = await convertApart(bytes);
  if ('refused' in converted)
    throw new AppError(converted.refused === 'too_large' ? 'image_too_large' : 'image_unreadable');
  return { small: Buffer.from(converted.small), large: Buffer.from(converted.large) };
}

async function convertApart(bytes: Buffer): Promise<Converted> {
  const child = fork(PROCESS, [], {
    serialization: 'advanced',
    execArgv: [],
    // It is told no secret.
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT);
  try {
    return await new Promise<Converted>((resolve, reject) => {
      child.once('message', (answer) => resolve(answer as Converted));
      child.once('exit', (code, signal) => {
        // By itself it ends only where it cannot begin, for example where its library is not installed for this machine.
        if (code !== null) reject(unavailable(new Error(`photos cannot be converted: exit code ${code}`)));
        // Killed, by us or for want of memory, it may do better another time.
        else if (signal === 'SIGKILL') reject(new AppError('overloaded', { retryAfter: 2 }));
        else resolve({ refused: 'unreadable' });
      });
      child.once('error', (cause) => reject(unavailable(cause)));
      child.send(bytes, () => {});
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

const unavailable = (cause: unknown) => new AppError('provider_unavailable', { retryAfter: 2, cause });
