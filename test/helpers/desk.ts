import { PASSWORD, type Person, type TestApp } from './app.ts';

/** Somebody at the desk, signed in. @param branches where they work; everywhere by default */
export async function receptionist(
  clinic: Pick<TestApp, 'person' | 'db' | 'as'>,
  branches: readonly number[] = [],
): Promise<Person> {
  const person = await clinic.person('patient');
  await clinic.db.$client.query(`update users set role = 'receptionist' where id = $1`, [person.id]);
  await clinic.db.$client.query(
    'insert into receptionist_branches (user_id, branch_id) select $1, unnest($2::integer[])',
    [person.id, branches],
  );
  const { username } = person;
  const login = await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD }).expect(200);
  return { ...person, role: 'receptionist', token: login.body.access, refresh: login.body.refresh };
}
