import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testClock, testConfig } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { drawn, jpeg, png } from '../helpers/pictures.ts';
import { expectProblem } from '../helpers/problem.ts';
import { listening } from '../helpers/raw.ts';

const MIB = 1024 * 1024;

type Photo = Record<'small' | 'large', string>;

let clinic: TestApp;
let admin: Person;
let patient: Person;
let picture: Buffer;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patient = await clinic.person('patient');
  picture = await jpeg();
});
afterAll(() => clinic.close());

/** Sends a picture as the body. */
const put = (person: Pick<Person, 'token'>, path: string, bytes: Buffer | string, type = 'image/jpeg') =>
  supertest(clinic.app.server)
    .put(`/api${path}`)
    .set('authorization', `Bearer ${person.token}`)
    .set('content-type', type)
    .send(bytes);
const putOwn = (person: Pick<Person, 'token'>, bytes: Buffer | string = picture, type?: string) =>
  put(person, '/doctor/photo/', bytes, type);
const removeOwn = (person: Person) => clinic.as(person).delete('/doctor/photo/').expect(204);
const load = (path: string) => supertest(clinic.app.server).get(path);

const photoIn = async (doctor: Person): Promise<Photo | null> =>
  (await clinic.as(patient).get(`/doctors/${doctor.id}/`).expect(200)).body.photo;
const fileOf = (path: string) => path.slice('/photos/'.length);
const filesOf = (photo: Photo | null) => (photo ? [fileOf(photo.small), fileOf(photo.large)] : []).sort();
const files = () => (existsSync(clinic.photos.folder) ? readdirSync(clinic.photos.folder) : []);

/** What runs in the background, on the same database and in the same folder. */
function tasks(clock = clinic.clock) {
  const { db, photos } = clinic;
  return createModules({ db, clock, config: { ...testConfig, photos } }).housekeeping.tasks;
}
/** Does what is queued of photos. */
async function removeFiles(): Promise<void> {
  const { rows } = await clinic.db.$client.query(
    `delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
     where t.id = j.task_id and t.identifier = 'remove_photo' returning j.payload`,
  );
  for (const { payload } of rows) await tasks().remove_photo(payload);
}

describe('a photo', () => {
  test('is shown wherever the doctor’s profile is, and served to everybody', async () => {
    const doctor = await clinic.person('doctor');
    expect(await photoIn(doctor)).toBeNull();
    const { body: photo } = await putOwn(doctor).expect(200);
    expect(photo).toEqual({
      small: expect.stringMatching(/^\/photos\/[0-9a-f]{32}-small\.webp$/),
      large: expect.stringMatching(/^\/photos\/[0-9a-f]{32}-large\.webp$/),
    });
    const { body: list } = await clinic.as(patient).get('/doctors/?page_size=100').expect(200);
    const shown = [
      await photoIn(doctor),
      list.results.find(({ id }: { id: number }) => id === doctor.id).photo,
      (await clinic.as(doctor).get('/doctor/profile/').expect(200)).body.photo,
      (await clinic.as(doctor).get('/auth/me/').expect(200)).body.profile.photo,
      (await clinic.as(admin).get(`/users/${doctor.id}/`).expect(200)).body.profile.photo,
    ];
    expect(shown).toEqual(shown.map(() => photo));
    for (const [size, side] of [
      ['small', 160],
      ['large', 320],
    ] as const) {
      const { headers, body } = await load(photo[size]).expect(200);
      expect(headers).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'public, max-age=31536000, immutable',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(await sharp(body).metadata()).toMatchObject({ format: 'webp', width: side });
    }
  });

  test('has a new address when it is replaced, and the one before is gone', async () => {
    const doctor = await clinic.person('doctor');
    const { body: first } = await putOwn(doctor).expect(200);
    const { body: second } = await putOwn(doctor, await drawn(100, 100).webp().toBuffer()).expect(200);
    expect(filesOf(second)).not.toEqual(expect.arrayContaining(filesOf(first)));
    expect(await photoIn(doctor)).toEqual(second);
    await removeFiles();
    for (const path of [first.small, first.large]) expectProblem(await load(path), 'photo_not_found');
    await load(second.small).expect(200);
  });

  test('is removed, also a second time', async () => {
    const doctor = await clinic.person('doctor');
    const { body: photo } = await putOwn(doctor).expect(200);
    await removeOwn(doctor);
    expect(await photoIn(doctor)).toBeNull();
    await removeOwn(doctor);
    await removeFiles();
    expect(files()).not.toEqual(expect.arrayContaining(filesOf(photo)));
    expectProblem(await load(photo.large), 'photo_not_found');
  });

  test('of one doctor stays when another removes the same picture', async () => {
    const [one, other] = [await clinic.person('doctor'), await clinic.person('doctor')];
    const { body: photo } = await putOwn(one).expect(200);
    await putOwn(other).expect(200);
    await removeOwn(other);
    await removeFiles();
    await load(photo.small).expect(200);
  });

  test.each([
    ['a PNG that calls itself a JPEG', png, 'image/jpeg'],
    ['a type that nobody knows', png, 'image/x-nonsense; charset=none'],
    [
      'as many bytes as there may be',
      async () => Buffer.concat([await png(), Buffer.alloc(5 * MIB)]).subarray(0, 5 * MIB),
      'image/png',
    ],
  ])('may come as %s', async (_, make, type) => {
    const doctor = await clinic.person('doctor');
    await putOwn(doctor, await make(), type).expect(200);
  });

  test.each<[string, () => Buffer | string, string, ErrorCode]>([
    [
      'a byte more than 5 MiB',
      () => Buffer.concat([picture, Buffer.alloc(5 * MIB)]).subarray(0, 5 * MIB + 1),
      'image/jpeg',
      'payload_too_large',
    ],
    ['twice as much', () => Buffer.alloc(10 * MIB, 1), 'image/jpeg', 'payload_too_large'],
    ['a page that calls itself a picture', () => '<html></html>', 'image/png', 'unsupported_media_type'],
    ['JSON', () => '{"photo":"x"}', 'application/json', 'unsupported_media_type'],
    ['a form', () => 'photo=x', 'multipart/form-data; boundary=x', 'unsupported_media_type'],
    [
      'a picture that calls itself something else',
      () => picture,
      'application/octet-stream',
      'unsupported_media_type',
    ],
    ['a picture without an end', () => picture.subarray(0, 500), 'image/jpeg', 'image_unreadable'],
  ])('is not %s', async (_, make, type, code) => {
    const doctor = await clinic.person('doctor');
    expectProblem(await putOwn(doctor, make(), type), code);
    expect(await photoIn(doctor)).toBeNull();
  });

  test('is not nothing', async () => {
    const doctor = await clinic.person('doctor');
    const nothing = { fields: [' required'] };
    expectProblem(await putOwn(doctor, '', 'image/jpeg'), 'invalid_input', nothing);
    expectProblem(await clinic.as(doctor).put('/doctor/photo/'), 'invalid_input', nothing);
  });

  test.each([
    '/photos/x-small.webp',
    `/photos/${'0'.repeat(32)}-small.webp`,
    `/photos/${'0'.repeat(32)}-huge.webp`,
    '/photos/..%2f..%2fjwt-secret',
    '/photos/%2e%2e',
  ])('is not at %s', async (path) => {
    expectProblem(await load(path), 'photo_not_found');
  });
});

describe('an admin', () => {
  test('puts and removes the photo of any doctor, which is noted', async () => {
    const doctor = await clinic.person('doctor');
    const path = `/doctors/${doctor.id}/photo/`;
    const change = () => entry(admin, 'profile.update', doctor.id, { fields: ['photo'] });
    expect(await notedBy(clinic.db, () => put(admin, path, picture).expect(200))).toEqual([change()]);
    expect(await photoIn(doctor)).not.toBeNull();
    const remove = () => clinic.as(admin).delete(path).expect(204);
    expect(await notedBy(clinic.db, remove)).toEqual([change()]);
    expect(await notedBy(clinic.db, remove)).toEqual([]);
    const { body } = await clinic.as(doctor).get('/auth/me/access-log/').expect(200);
    expect(body.results[0]).toMatchObject({
      by: { id: admin.id },
      action: 'profile.update',
      fields: ['photo'],
    });
  });

  test('does so for one who is out, and for nobody who is no doctor', async () => {
    const doctor = await clinic.person('doctor');
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active: false }).expect(200);
    await put(admin, `/doctors/${doctor.id}/photo/`, picture).expect(200);
    for (const id of ['0', 'x'])
      expectProblem(await put(admin, `/doctors/${id}/photo/`, picture), 'invalid_input', {
        fields: [expect.stringMatching(/^id /)],
      });
    for (const id of [patient.id, admin.id, 999_999]) {
      expectProblem(await put(admin, `/doctors/${id}/photo/`, picture), 'doctor_not_found');
      expectProblem(await clinic.as(admin).delete(`/doctors/${id}/photo/`), 'doctor_not_found');
    }
  });
});

test('a photo of a doctor who has another role now is removed by an admin, and none is put', async () => {
  const doctor = await clinic.person('doctor');
  const { body: photo } = await putOwn(doctor).expect(200);
  await clinic.as(admin).patch(`/users/${doctor.id}/`, { role: 'patient' }).expect(200);
  const path = `/doctors/${doctor.id}/photo/`;
  expectProblem(await put(admin, path, picture), 'doctor_not_found');
  await load(photo.large).expect(200);
  await clinic.as(admin).delete(path).expect(204);
  await removeFiles();
  expectProblem(await load(photo.large), 'photo_not_found');
});

describe('whoever may not put a photo', () => {
  test.each(['patient', 'doctor'] as const)(
    '(a %s, for another) is refused before it is read',
    async (role) => {
      const person = await clinic.person(role);
      const other = await clinic.person('doctor');
      const path = role === 'patient' ? '/doctor/photo/' : `/doctors/${other.id}/photo/`;
      const { port } = await listening(clinic.app);
      const socket = connect(port, '127.0.0.1');
      socket.write(
        [
          `PUT /api${path} HTTP/1.1`,
          'host: clinic.uz',
          `authorization: Bearer ${person.token}`,
          'content-type: image/jpeg',
          `content-length: ${5 * MIB}`,
          '',
          '',
        ].join('\r\n'),
      );
      const [head] = await new Promise<string[]>((resolve) =>
        socket.once('data', (data) => resolve(data.toString().split('\r\n', 1))),
      );
      socket.destroy();
      expect(head).toBe('HTTP/1.1 403 Forbidden');
    },
  );
});

test('of one person one picture is read at a time; the next is welcome after it', async () => {
  const doctor = await clinic.person('doctor');
  const { port } = await listening(clinic.app);
  const slow = connect(port, '127.0.0.1');
  slow.write(
    [
      'PUT /api/doctor/photo/ HTTP/1.1',
      'host: clinic.uz',
      'connection: close',
      `authorization: Bearer ${doctor.token}`,
      'content-type: image/jpeg',
      `content-length: ${picture.length}`,
      '',
      '',
    ].join('\r\n'),
  );
  // Whether it has been begun to be read, nobody outside can see: a second one is refused from then on.
  const second = await until(
    () => putOwn(doctor),
    ({ status }) => status === 503,
  );
  expectProblem(second, 'overloaded');
  const answered = new Promise((resolve) => slow.on('close', resolve));
  slow.on('data', () => {});
  slow.write(picture);
  await answered;
  await until(
    () => putOwn(doctor),
    ({ status }) => status === 200,
  );
});

async function until<Found>(ask: () => PromiseLike<Found>, isIt: (found: Found) => boolean): Promise<Found> {
  for (;;) {
    const found = await ask();
    if (isIt(found)) return found;
  }
}

test('of pictures that are sent at once by several processes one is shown, and only its files stay', async () => {
  const doctor = await clinic.person('doctor');
  const { db, url, clock, photos } = clinic;
  const other = await testApp({ url, clock, config: { photos } });
  const before = new Set(files());
  const send = async (app: TestApp['app'], color: number) => {
    const body = await drawn(200, 100 + color)
      .png()
      .toBuffer();
    const headers = { authorization: `Bearer ${doctor.token}`, 'content-type': 'image/png' };
    return app.inject({ method: 'PUT', url: '/api/doctor/photo/', headers, payload: body });
  };
  const answers = await Promise.all([send(clinic.app, 1), send(other.app, 2)]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  await removeFiles();
  const photo = await photoIn(doctor);
  expect(answers.map((answer) => answer.json())).toContainEqual(photo);
  expect(
    files()
      .filter((file) => !before.has(file))
      .sort(),
  ).toEqual(filesOf(photo));
  await other.app.close();
  await db.$client.query('select');
});

describe('a doctor who is erased', () => {
  const erase = (doctor: Person) => clinic.as(admin).delete(`/users/${doctor.id}/`, { password: PASSWORD });

  test('leaves no photo, in the database or outside it', async () => {
    const doctor = await clinic.person('doctor');
    const { body: photo } = await putOwn(doctor).expect(200);
    const { body: exported } = await clinic.as(doctor).get('/auth/me/export/').expect(200);
    expect(photo.small).toContain(exported.doctor_profile.photo);
    await erase(doctor).expect(204);
    await removeFiles();
    expect(files()).not.toEqual(expect.arrayContaining(filesOf(photo)));
    const { rows } = await clinic.db.$client.query('select photo from doctor_profiles where id = $1', [
      doctor.id,
    ]);
    expect(rows).toEqual([{ photo: null }]);
  });

  test('while a photo of theirs is made leaves none either', async () => {
    const doctor = await clinic.person('doctor');
    const [answer] = await Promise.all([putOwn(doctor), erase(doctor).expect(204)]);
    if (answer.status !== 200) expectProblem(answer, 'session_ended');
    await removeFiles();
    const { rows } = await clinic.db.$client.query('select photo from doctor_profiles where id = $1', [
      doctor.id,
    ]);
    expect(rows).toEqual([{ photo: null }]);
  });
});

describe('the sweep', () => {
  /** By this clock the files that this test has just written are two hours old. */
  const later = testClock(new Date(Date.now() + 2 * 3_600_000).toISOString());

  test('removes what nobody names an hour after it was written, and nothing else', async () => {
    const doctor = await clinic.person('doctor');
    await putOwn(doctor).expect(200);
    const { folder } = clinic.photos;
    const leave = (name: string) => writeFileSync(join(folder, name), 'x');
    const [left, half, fresh] = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    leave(`${left}-small.webp`);
    leave(`${left}-large.webp`);
    leave(`${half}-small.webp.7f1c`);
    leave(`${fresh}-small.webp`);
    leave('notes.txt');
    const soon = new Date(Date.now() + 90 * 60_000);
    utimesSync(join(folder, `${fresh}-small.webp`), soon, soon);
    await tasks(later).sweep_photos();
    const { rows } = await clinic.db.$client.query(
      'select photo from doctor_profiles where photo is not null',
    );
    const named = rows.flatMap(({ photo }) => [`${photo}-small.webp`, `${photo}-large.webp`]);
    expect(files().sort()).toEqual([...named, `${fresh}-small.webp`, 'notes.txt'].sort());
  });

  test('does nothing where there has never been a photo', async () => {
    const { db, clock } = clinic;
    const photos = { folder: join(clinic.photos.folder, 'nowhere') };
    const { housekeeping } = createModules({ db, clock, config: { ...testConfig, photos } });
    await housekeeping.tasks.sweep_photos();
    await housekeeping.tasks.remove_photo({ photo: '0'.repeat(32) });
  });
});

test('while the store is away a photo is neither put nor shown, and all else goes on', async () => {
  const doctor = await clinic.person('doctor');
  // A folder cannot stand where a file is.
  mkdirSync(clinic.photos.folder, { recursive: true });
  const blocked = join(clinic.photos.folder, 'blocked');
  writeFileSync(blocked, '');
  const { url, clock } = clinic;
  const other = await testApp({ url, clock, config: { photos: { folder: join(blocked, 'photos') } } });
  const headers = { authorization: `Bearer ${doctor.token}` };
  const answer = async (method: 'PUT' | 'GET' | 'DELETE', path: string) => {
    const {
      statusCode: status,
      headers: sent,
      body,
    } = await other.app.inject({
      method,
      url: path,
      headers: { ...headers, ...(method === 'PUT' && { 'content-type': 'image/jpeg' }) },
      ...(method === 'PUT' && { payload: picture }),
    });
    return { status, headers: sent, body: body && JSON.parse(body) };
  };
  expectProblem(await answer('PUT', '/api/doctor/photo/'), 'provider_unavailable');
  expectProblem(await answer('GET', `/photos/${'0'.repeat(32)}-small.webp`), 'provider_unavailable');
  expect(await answer('GET', '/api/doctor/profile/')).toMatchObject({ status: 200, body: { photo: null } });
  expect((await answer('DELETE', '/api/doctor/photo/')).status).toBe(204);
  await other.app.close();
});
