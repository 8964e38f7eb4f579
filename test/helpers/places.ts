import type { Person, TestApp } from './app.ts';

/** Branches and rooms made by an admin, each with a name of its own. */
export function placesOf(clinic: Pick<TestApp, 'as'>, admin: Pick<Person, 'token'>) {
  let made = 0;
  const add = async (path: string, body: object): Promise<number> => {
    made += 1;
    return (
      await clinic
        .as(admin)
        .post(path, { name: `${path} ${made}`, ...body })
        .expect(201)
    ).body.id;
  };
  return {
    branch: (fields: object = {}) => add('/branches/', fields),
    room: (branch = 1, fields: object = {}) => add('/rooms/', { branch, kind: 'consulting', ...fields }),
  };
}
