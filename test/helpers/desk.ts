import type { Person, TestApp } from './app.ts';

/** Somebody at the desk, signed in. @param branches where they work; everywhere by default */
export async function receptionist(
  clinic: Pick<TestApp, 'person' | 'db'>,
  branches: readonly number[] = [],
): Promise<Person> {
  const person = await clinic.person('receptionist');
  await clinic.db.$client.query(
    'insert into receptionist_branches (user_id, branch_id) select $1, unnest($2::integer[])',
    [person.id, branches],
  );
  return person;
}
