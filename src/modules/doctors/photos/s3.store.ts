import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { PhotoStore } from './photo.store.ts';

/** A bucket, as PHOTOS_URL names it. */
export interface S3Settings {
  endpoint: string;
  region: string;
  bucket: string;
  /** What the name of each photo begins with there: empty, or with a slash at its end. */
  prefix: string;
  /** Without them the client looks for those of the machine that it runs on. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
}

/** For each request, its second try included. */
const TIMEOUT = 5_000;
const CONNECTIONS = 16;

/** Photos in a bucket of any store that speaks S3. The bucket stays private: the API serves what is in it. */
export function createS3Store({ bucket: Bucket, prefix, ...settings }: S3Settings): PhotoStore {
  let opened: ReturnType<typeof connect> | undefined;
  const open = () => {
    opened ??= connect(settings);
    return opened;
  };
  const limit = () => ({ abortSignal: AbortSignal.timeout(TIMEOUT) });

  return {
    async put(file, Body) {
      const { client, PutObjectCommand } = await open();
      const command = new PutObjectCommand({
        Bucket,
        Key: prefix + file,
        Body,
        ContentType: 'image/webp',
      });
      await client.send(command, limit());
    },
    async get(file) {
      const { client, GetObjectCommand, NoSuchKey } = await open();
      try {
        const command = new GetObjectCommand({ Bucket, Key: prefix + file });
        const { Body } = await client.send(command, limit());
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async remove(file) {
      const { client, DeleteObjectCommand } = await open();
      await client.send(new DeleteObjectCommand({ Bucket, Key: prefix + file }), limit());
    },
    async *list() {
      const { client, ListObjectsV2Command } = await open();
      let ContinuationToken: string | undefined;
      do {
        const command = new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken });
        const page = await client.send(command, limit());
        for (const { Key, LastModified } of page.Contents ?? [])
          if (Key !== undefined && LastModified)
            yield { file: Key.slice(prefix.length), changed_at: LastModified };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
}

/** Loaded when it is needed: clinics that keep photos in a folder never do. */
async function connect({ endpoint, region, credentials }: Omit<S3Settings, 'bucket' | 'prefix'>) {
  const { S3Client, ...commands } = await import('@aws-sdk/client-s3');
  const options: S3ClientConfig = {
    endpoint,
    region,
    ...(credentials && { credentials }),
    // Stores other than Amazon's have no name of their own for each bucket, and know no newer checksums.
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: TIMEOUT,
      socketTimeout: TIMEOUT,
      httpAgent: { maxSockets: CONNECTIONS },
      httpsAgent: { maxSockets: CONNECTIONS },
    },
  };
  return { client: new S3Client(options), ...commands };
}
