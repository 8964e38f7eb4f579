import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Context {
  path: string;
  app: object;
}

/** What of @20minutes/s3rver is used here; it brings no types. */
interface S3Server {
  middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => S3Server;

/** The one pair that the server knows. It checks the signature of each request, but for lists. */
export const S3_KEY = 'S3RVER';

/** A server that speaks S3, on this machine, with a bucket. */
export async function startS3(bucket: string): Promise<{ host: string; stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'clinic-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    allowMismatchedSignatures: false,
    configureBuckets: [{ name: bucket }],
  });
  // Of a bucket's own path, `/bucket/`, it leaves out the slash, and takes every signature of it for wrong.
  server.middleware.unshift((context, next) => {
    const isList = /^\/[^/]+\/$/.test(context.path);
    context.app = Object.create(context.app, { allowMismatchedSignatures: { value: isList } });
    return next();
  });
  const { port } = await server.run();
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
