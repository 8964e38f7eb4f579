import { adultsBornBy } from '../../../src/core/age.ts';
import { codesSent, lastCode, pass } from '../../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../../helpers/app.ts';
import { receptionist } from '../../helpers/desk.ts';
import { insertDependant } from '../../helpers/rows.ts';

export type People = Awaited<ReturnType<typeof everybody>>;
/** Who may call an operation. */
export type Caller = keyof People['callers'] | 'nobody';
export const isGuardian = (caller: Caller) => caller === 'guardian' || caller === 'co-guardian';

const BORN = '1971-08-09';

/** Somebody who was registered at the desk, and has claimed their record with a code. */
async function claimant(clinic: TestApp, clerk: Person): Promise<Person> {
  const phone = '+998907654321';
  const username = 'claimed.by.owner';
  const patient = { first_name: 'Gulnora', last_name: 'Xolmurodova', phone, date_of_birth: BORN };
  const { id } = (await clinic.as(clerk).post('/patients/', patient).expect(201)).body;
  await clinic.as(undefined).post('/auth/claim/', { phone }).expect(202);
  await codesSent(clinic, id, 1);
  const code = await lastCode(clinic, id);
  const claim = { phone, code, date_of_birth: BORN, username, password: PASSWORD, accept_terms: true };
  await clinic.as(undefined).post('/auth/claim/confirm/', claim).expect(204);
  const signedIn = await clinic
    .as(undefined)
    .post('/auth/login/', { username, password: PASSWORD })
    .expect(200);
  // One more code may go to the phone after a minute.
  pass(clinic.clock, 61);
  return { id, username, role: 'patient', token: signedIn.body.access, refresh: signedIn.body.refresh };
}

/**
 * Everybody in a clinic. The `other receptionist` works in another branch than that where all records are, `their receptionist`
 * in this one. `child` is looked after by both guardians, `grown` was by their former one and has just come of age; nobody can
 * sign in as these two, or as `unclaimed`, whom the desk has registered.
 * @param clinic with a channel for codes
 */
export async function everybody(clinic: TestApp) {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    "insert into branches (name, is_active) values ('Elsewhere', false) returning id",
  );
  const clerk = await receptionist(clinic);
  const callers = {
    'own patient': await clinic.person('patient'),
    'other patient': await clinic.person('patient'),
    guardian: await clinic.person('patient'),
    'co-guardian': await clinic.person('patient'),
    'former guardian': await clinic.person('patient'),
    'claimed patient': await claimant(clinic, clerk),
    'own doctor': await clinic.person('doctor'),
    'other doctor': await clinic.person('doctor'),
    receptionist: clerk,
    'their receptionist': await receptionist(clinic, [1]),
    'other receptionist': await receptionist(clinic, [rows[0]?.id ?? 0]),
    admin: await clinic.person('admin'),
  };
  const child = await freshChild(clinic, callers);
  const grown = await insertDependant(clinic.db, callers['former guardian'].id);
  await clinic.db.$client.query('update patient_profiles set date_of_birth = $2 where id = $1', [
    grown,
    adultsBornBy(clinic.clock.wall().date),
  ]);
  const made = { first_name: 'Aziza', last_name: 'Karimova', phone: '+998907654320' };
  const unclaimed: number = (await clinic.as(clerk).post('/patients/', made).expect(201)).body.id;
  return { callers, child, grown, unclaimed };
}

/** A child of both guardians, beside those whom they have. */
export async function freshChild(
  clinic: TestApp,
  { guardian, 'co-guardian': other }: Record<'guardian' | 'co-guardian', Person>,
): Promise<number> {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `with child as (
      insert into users (username, role, first_name) values ('~' || gen_random_uuid(), 'patient', 'Madina') returning id
    ), profile as (
      insert into patient_profiles (id, date_of_birth, registered_by) select id, '2019-08-20', $1 from child
    )
    insert into guardianships (guardian_id, dependant_id, relationship, created_by)
    select unnest(array[$1, $2]::integer[]), id, 'parent', $1 from child returning dependant_id as id`,
    [guardian.id, other.id],
  );
  return rows[0]?.id ?? 0;
}
