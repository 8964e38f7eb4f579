import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { openPhotoStore } from '../../src/modules/doctors/index.ts';
import type { PhotoStore } from '../../src/modules/doctors/photos/photo.store.ts';
import { createModules } from '../../src/modules.ts';
import { testApp, testConfig } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';
import { jpeg } from '../helpers/pictures.ts';
import { expectProblem } from '../helpers/problem.ts';
import { S3_KEY, startS3 } from '../helpers/s3.ts';

/** Both stores by the same tests: a folder, and a real server that speaks S3. */

const BUCKET = 'clinic-photos';

let s3: Awaited<ReturnType<typeof startS3>>;
let folder: string;
const stores: Record<string, PhotoStore> = {};
/** The settings of a bucket, as an operator writes them. */
const bucket = (secret = S3_KEY, path = BUCKET) =>
  loadConfig({ PHOTOS_URL: `s3://${S3_KEY}:${secret}@${s3.host}/${path}?region=eu-central-1&tls=off` })
    .photos;

beforeAll(async () => {
  s3 = await startS3(BUCKET);
  folder = mkdtempSync(join(tmpdir(), 'clinic-store-'));
  stores.folder = openPhotoStore({ folder: join(folder, 'made', 'by', 'itself') });
  stores.bucket = openPhotoStore(bucket());
  stores['folder of a bucket'] = openPhotoStore(bucket(S3_KEY, `${BUCKET}/photos/of/doctors`));
});
afterAll(async () => {
  await s3.stop();
  rmSync(folder, { recursive: true });
});

async function listed(store: PhotoStore): Promise<string[]> {
  const files: string[] = [];
  for await (const { file } of store.list()) files.push(file);
  return files.sort();
}

describe.each(['folder', 'bucket', 'folder of a bucket'])('a %s', (name) => {
  const store = () => stores[name] as PhotoStore;
  const bytes = Buffer.from([...Array(70_000).keys()].map((value) => value % 256));

  test('has nothing to begin with', async () => {
    expect(await listed(store())).toEqual([]);
    expect(await store().get('missing.webp')).toBeUndefined();
    await store().remove('missing.webp');
  });

  test('gives back what was put there, byte by byte, and tells since when it has it', async () => {
    const begun = Date.now();
    await store().put('one.webp', bytes);
    expect(await store().get('one.webp')).toEqual(bytes);
    for await (const { file, changed_at } of store().list()) {
      expect(file).toBe('one.webp');
      // Stores tell whole seconds.
      expect(changed_at.getTime()).toBeGreaterThan(begun - 2_000);
    }
  });

  test('lists each file and removes one', async () => {
    await Promise.all(['two.webp', 'three.webp'].map((file) => store().put(file, bytes)));
    expect(await listed(store())).toEqual(['one.webp', 'three.webp', 'two.webp']);
    await store().remove('two.webp');
    expect(await listed(store())).toEqual(['one.webp', 'three.webp']);
    for (const file of await listed(store())) await store().remove(file);
    expect(await listed(store())).toEqual([]);
  });
});

/** The server of the other tests cannot end a page: this one answers as the reference of ListObjectsV2 shows. */
test('a bucket of more files than one page of its list is listed whole', async () => {
  const asked: (string | null)[] = [];
  const pages = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://s3');
    const token = searchParams.get('continuation-token');
    asked.push(token);
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>1ueG/=</NextContinuationToken>';
    response.setHeader('content-type', 'application/xml').end(
      `<?xml version="1.0" encoding="UTF-8"?>
       <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>${token === null ? more : ''}
       <Contents><Key>p/${asked.length}.webp</Key><LastModified>2026-03-01T10:00:00.000Z</LastModified></Contents>
       </ListBucketResult>`,
    );
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const { port } = pages.address() as AddressInfo;
  const store = openPhotoStore(
    loadConfig({ PHOTOS_URL: `s3://${S3_KEY}:${S3_KEY}@127.0.0.1:${port}/b/p?tls=off` }).photos,
  );
  expect(await listed(store)).toEqual(['1.webp', '2.webp']);
  expect(asked).toEqual([null, '1ueG/=']);
  pages.closeAllConnections();
  pages.close();
});

describe('a clinic with a bucket', () => {
  const send = (app: Awaited<ReturnType<typeof testApp>>, token: string, picture: Buffer) =>
    supertest(app.app.server)
      .put('/api/doctor/photo/')
      .set('authorization', `Bearer ${token}`)
      .set('content-type', 'image/jpeg')
      .send(picture);

  test('keeps photos there, serves them, and removes them with their doctor', async () => {
    const photos = bucket();
    const clinic = await testApp({ config: { photos } });
    const [doctor, admin] = [await clinic.person('doctor'), await clinic.person('admin')];
    const { body: photo } = await send(clinic, doctor.token, await jpeg()).expect(200);
    const { headers } = await supertest(clinic.app.server).get(photo.small).expect(200);
    expect(headers['content-type']).toBe('image/webp');
    const store = stores.bucket as PhotoStore;
    expect(await listed(store)).toHaveLength(2);
    await clinic.as(admin).delete(`/users/${doctor.id}/`, { password: 'a-long-quiet-river' }).expect(204);
    const { rows } = await clinic.db.$client.query(
      `select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
       where t.identifier = 'remove_photo'`,
    );
    const { housekeeping } = createModules({
      db: clinic.db,
      clock: clinic.clock,
      config: { ...testConfig, photos },
    });
    for (const { payload } of rows) await housekeeping.tasks.remove_photo(payload);
    expect(await listed(store)).toEqual([]);
    await clinic.close();
  });

  test.each([
    ['that does not let it in', () => bucket('another-secret')],
    ['that is not there', () => bucket(S3_KEY, 'nowhere')],
    [
      'whose server is away',
      () => loadConfig({ PHOTOS_URL: `s3://${S3_KEY}:a-secret@127.0.0.1:1/${BUCKET}?tls=off` }).photos,
    ],
  ])('%s says so, and no secret to its log', async (_, photos) => {
    const log = capturedLog();
    const clinic = await testApp({
      config: { photos: photos(), log_level: 'trace' },
      log_stream: log.stream,
    });
    const doctor = await clinic.person('doctor');
    expectProblem(await send(clinic, doctor.token, await jpeg()), 'provider_unavailable');
    const missing = `/photos/${'0'.repeat(32)}-small.webp`;
    expectProblem(await supertest(clinic.app.server).get(missing), 'provider_unavailable');
    const { body } = await clinic.as(doctor).get('/doctor/profile/').expect(200);
    expect(body.photo).toBeNull();
    expect(log.lines.join('')).toContain('a provider is away');
    for (const secret of ['another-secret', 'a-secret', S3_KEY])
      expect(log.lines.join('')).not.toContain(secret);
    await clinic.close();
  });
});

describe('PHOTOS_URL', () => {
  test.each([
    [
      's3://key:secret@s3.clinic.uz/photos',
      { endpoint: 'https://s3.clinic.uz', region: 'us-east-1', bucket: 'photos', prefix: '' },
    ],
    [
      's3://k%2Fey:s%2Bec%40ret@127.0.0.1:9000/photos/of/doctors/?region=eu-1&tls=off',
      {
        endpoint: 'http://127.0.0.1:9000',
        region: 'eu-1',
        bucket: 'photos',
        prefix: 'of/doctors/',
        credentials: { accessKeyId: 'k/ey', secretAccessKey: 's+ec@ret' },
      },
    ],
    ['s3://s3.clinic.uz/photos', { bucket: 'photos', credentials: undefined }],
  ])('%s names a bucket', (PHOTOS_URL, photos) => {
    expect(loadConfig({ PHOTOS_URL }).photos).toMatchObject(photos);
  });

  test.each([
    'https://s3.clinic.uz/photos',
    's3://key:secret@s3.clinic.uz',
    's3://key@s3.clinic.uz/photos',
    's3://:secret@s3.clinic.uz/photos',
    's3://k%zz:secret@s3.clinic.uz/photos',
    's3://key:secret@s3.clinic.uz/photos?tls=maybe',
    's3://key:secret@s3.clinic.uz/photos?regoin=eu-1',
    's3:///photos',
    'photos',
  ])('%s is refused, without a word of its secret', (PHOTOS_URL) => {
    expect(() => loadConfig({ PHOTOS_URL })).toThrow(
      /PHOTOS_URL must look like s3:\/\/key:secret@host\/bucket/,
    );
    expect(() => loadConfig({ PHOTOS_URL })).not.toThrow(PHOTOS_URL);
  });

  test('that is not set leaves photos in DATA_DIR', () => {
    expect(loadConfig({ DATA_DIR: '/srv/clinic' }).photos).toEqual({ folder: '/srv/clinic/photos' });
  });
});
