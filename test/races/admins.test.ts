import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PASSWORD } from '../helpers/app.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import {
  type Arena,
  arena,
  atOnce,
  drag,
  type Member,
  outcome,
  provesRules,
  rounds,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

// A database of its own: the admins of a round must be all there are.
let clinic: Arena;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
});
afterAll(() => clinic.close());
afterEach(() => provesRules(clinic.db));

const nobodyInCharge = () =>
  clinic.db.$client.query("update users set is_active = false where role = 'admin' and is_active");

/** Two admins, with nobody else of that role left. */
async function twoAdmins(): Promise<[Member, Member]> {
  await nobodyInCharge();
  return (await clinic.crowd('admin', 2)) as [Member, Member];
}

const activeAdmins = async () => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    "select id from users where role = 'admin' and is_active",
  );
  return rows.map(({ id }) => id);
};

const ways: {
  name: string;
  done: string;
  out: (by: Member, whom: Member, at: number) => ReturnType<Arena['ask']>;
}[] = [
  {
    name: 'demote',
    done: '200',
    out: (by, whom, at) => clinic.ask(by, 'PATCH', `/users/${whom.id}/`, { role: 'patient' }, at),
  },
  {
    name: 'deactivate',
    done: '200',
    out: (by, whom, at) => clinic.ask(by, 'PATCH', `/users/${whom.id}/`, { is_active: false }, at),
  },
  {
    name: 'erase',
    done: '204',
    out: (by, whom, at) => clinic.ask(by, 'DELETE', `/users/${whom.id}/`, { password: PASSWORD }, at),
  },
];

test.each(ways)('of two admins who $name each other at once one stays', async ({ done, out }) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, other] = await twoAdmins();
    const answers = await atOnce(
      round,
      (at) => out(one, other, at),
      (at) => out(other, one, at),
    );
    const outcomes = answers.map(outcome);
    expect(outcomes.filter((ended) => ended === done)).toHaveLength(1);
    expect(['409 last_admin', '401 session_ended']).toContain(outcomes.find((ended) => ended !== done));
    expect(await activeAdmins()).toEqual([outcomes[0] === done ? one.id : other.id]);
  }
});

test('whoever is erased while their password is asked for is told that their session is over', async () => {
  const [one, other] = await twoAdmins();
  const ask = () => clinic.ask(other, 'DELETE', `/users/${one.id}/`, { password: PASSWORD });
  // Their session is known from now on: the next thing that is read is their password.
  await clinic.ask(other, 'GET', '/auth/me/');
  const rival = await clinic.db.$client.connect();
  try {
    await rival.query('begin');
    await rival.query('lock table users in access exclusive mode');
    const asked = ask();
    await untilBlocked(clinic.db.$client);
    await rival.query(
      'update users set deleted_at = now(), is_active = false, password_hash = null where id = $1',
      [other.id],
    );
    await rival.query('commit');
    expect(outcome(await asked)).toBe('401 session_ended');
  } finally {
    rival.release(true);
  }
});

test('whoever became the only admin while being deactivated stays one', async () => {
  await nobodyInCharge();
  const [one] = (await clinic.crowd('admin', 1)) as [Member];
  const [patient] = (await clinic.crowd('patient', 1)) as [Member];
  const rival = await clinic.db.$client.connect();
  try {
    await rival.query('begin');
    await rival.query('select from users where id = $1 for no key update', [patient.id]);
    const deactivated = clinic.ask(one, 'PATCH', `/users/${patient.id}/`, { is_active: false });
    // It has seen a patient, and waits for the row.
    await untilBlocked(clinic.db.$client);
    await rival.query(
      "update users set role = case id when $1 then 'admin'::user_role else 'patient' end where id in ($1, $2)",
      [patient.id, one.id],
    );
    await rival.query('commit');
    expect(outcome(await deactivated)).toBe('409 last_admin');
  } finally {
    rival.release(true);
  }
  expect(await activeAdmins()).toEqual([patient.id]);
});
