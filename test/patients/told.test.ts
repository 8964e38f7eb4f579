import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { judge } from '../../src/modules/notifications/telling/judgement.rules.ts';
import {
  findRecipient,
  type RecipientRow,
} from '../../src/modules/notifications/telling/telling.repository.ts';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { drainJobs } from '../helpers/messages/world.ts';
import { START, type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';
import { addChild, joins } from './family.ts';

/** What is told of a dependant, and to whom. */
let clinic: WaitingClinic;
let admin: Person;
let doctor: Person;
let parent: Person;
let other: Person;
let child: number;
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'en' });
});
afterAll(() => clinic.close());
beforeEach(async () => {
  clinic.clock.set(START);
  parent = await clinic.person('patient', { locale: 'en' });
  other = await clinic.person('patient', { locale: 'ru' });
  child = await addChild(clinic, parent, { date_of_birth: '2024-08-20' });
  await joins(clinic, parent, child, other);
});

const freshDay = freshDays();
const dayAhead = freshDays('2030-06-01');
const as = (person: Person) => clinic.as(person);
const tell = () => drainJobs(clinic.db, clinic.clock, clinic.tasks, { readers: clinic.readers });
const told = async (person: Person): Promise<{ kind: string; title: string; text: string }[]> => {
  await tell();
  return (await as(person).get('/notifications/?page_size=100').expect(200)).body.results;
};
const kinds = async (person: Person) => (await told(person)).map(({ kind }) => kind);
async function booked(person = parent, patient = child): Promise<number> {
  const timeslot = await clinic.slot(doctor, { date: '2030-03-12', ...freshTimes() });
  return (await as(person).post('/appointments/', { timeslot, patient }).expect(201)).body.id;
}
let minutes = 0;
/** One after another, of ten minutes each. */
function freshTimes() {
  const clock = (at: number) =>
    `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
  minutes += 10;
  return { start_time: clock(9 * 60 + minutes), end_time: clock(9 * 60 + minutes + 10) };
}

describe('of a child’s visit', () => {
  test('both guardians are told, each in their language and with the child’s name, and the child is not', async () => {
    await booked();
    const [mine] = await told(parent);
    expect(mine?.title).toBe('Your appointment is booked (Madina Karimova)');
    expect(mine?.text).toMatch(/^For Madina Karimova: You have booked an appointment with Dr Jasur Yusupov/);
    const [theirs] = await told(other);
    expect(theirs?.text).toMatch(/^Пациент Madina Karimova: Вы записаны на приём/);
    expect(await clinic.rows('select from notifications where user_id = $1', [child])).toEqual([]);
  });

  test('the child is told too, once the desk has made sure that a phone reaches them', async () => {
    await clinic.db.$client.query(
      "update users set phone = '+998901112233', phone_reached_at = now() where id = $1",
      [child],
    );
    await booked();
    await tell();
    const rows = await clinic.rows('select kind, params from notifications where user_id = $1', [child]);
    expect(rows).toEqual([
      { kind: 'booked', params: expect.not.objectContaining({ for: expect.anything() }) },
    ]);
  });

  test('a guardian who cancelled is not told of it; the other is, and not that it was the clinic', async () => {
    const id = await booked();
    await as(parent).delete(`/appointments/${id}/`).expect(204);
    expect(await kinds(parent)).toEqual(['booked']);
    const [last] = await told(other);
    expect(last).toMatchObject({
      kind: 'cancelled',
      text: expect.stringContaining('Madina Karimova: Приём отменён:'),
    });
  });

  test('the clinic’s cancellation is told to both', async () => {
    const id = await booked();
    await as(doctor).patch(`/appointments/${id}/`, { status: 'cancelled' }).expect(200);
    expect((await kinds(parent))[0]).toBe('declined');
    expect((await kinds(other))[0]).toBe('declined');
  });

  test('the guardians are told of what a child with a sign-in cancels itself', async () => {
    const teenager = await clinic.person('patient', {
      ...{ first_name: 'Timur', last_name: 'Karimov', locale: 'en' },
      profile: { date_of_birth: '2014-08-20' },
    });
    const tie = { guardian: parent.id, relationship: 'parent' };
    await as(admin).post(`/patients/${teenager.id}/guardians/`, tie).expect(200);
    const id = await booked(teenager, teenager.id);
    await as(teenager).delete(`/appointments/${id}/`).expect(204);
    const [last] = await told(parent);
    expect(last).toMatchObject({
      kind: 'cancelled',
      text: expect.stringContaining('For Timur Karimov: The appointment is cancelled'),
    });
    expect(await kinds(teenager)).toEqual(['booked']);
  });

  describe('of a child who is erased', () => {
    const erase = (person = child) =>
      as(admin).delete(`/users/${person}/`, { password: PASSWORD }).expect(204);

    test('both guardians are told that it falls out, once, and without a name', async () => {
      const id = await booked();
      await tell();
      await erase();
      for (const guardian of [parent, other]) expect(await kinds(guardian)).toEqual(['cancelled', 'booked']);
      const [mine] = await told(parent);
      expect(mine?.text).toMatch(
        /^For \(no name given\): The clinic has cancelled your appointment: .+Jasur Yusupov/,
      );
      const told_of = (person: { id: number }) =>
        clinic.rows<{ params: Record<string, string> }>(
          "select params from notifications where user_id = $1 and appointment_id = $2 and kind = 'cancelled'",
          [person.id, id],
        );
      expect(await told_of(doctor)).toHaveLength(1);
      expect(await clinic.rows('select from notifications where user_id = $1', [child])).toEqual([]);
      // It is still true where it waits for the end of their quiet hours.
      const [{ params } = { params: {} }] = await told_of(other);
      const recipient = (await findRecipient(clinic.db, other.id, id, '2012-03-04')) as RecipientRow;
      const said = { kind: 'cancelled' as const, params, created_at: clinic.clock.now() };
      expect(judge(said, recipient, clinic.clock).drop).toBeUndefined();
      expect(judge({ ...said, kind: 'booked' }, recipient, clinic.clock).drop).toBe('visit_cancelled');
    });

    test('nobody is told of it who looked after the child no more', async () => {
      await booked();
      await as(other).delete(`/patient/dependants/${child}/`).expect(204);
      await tell();
      await erase();
      expect(await kinds(parent)).toEqual(['cancelled', 'booked']);
      expect(await kinds(other)).toEqual([]);
    });

    test('and erases itself, the guardians are told, and not that it was the clinic', async () => {
      const teenager = await clinic.person('patient', {
        ...{ first_name: 'Timur', locale: 'en' },
        profile: { date_of_birth: '2014-08-20' },
      });
      const tie = { guardian: parent.id, relationship: 'parent' };
      await as(admin).post(`/patients/${teenager.id}/guardians/`, tie).expect(200);
      await booked(teenager, teenager.id);
      await tell();
      await as(teenager).delete('/auth/me/', { password: PASSWORD }).expect(204);
      expect(await kinds(parent)).toEqual(['cancelled', 'booked']);
      expect((await told(parent))[0]?.text).toMatch(/^For \(no name given\): The appointment is cancelled: /);
    });
  });

  test('that falls out where the child is given another role is told to its guardians', async () => {
    const teenager = await clinic.person('patient', { profile: { date_of_birth: '2014-08-20' } });
    const tie = { guardian: parent.id, relationship: 'parent' };
    await as(admin).post(`/patients/${teenager.id}/guardians/`, tie).expect(200);
    const id = await booked(teenager, teenager.id);
    await tell();
    const change = { role: 'receptionist', upcoming: 'cancel' };
    await as(admin).patch(`/users/${teenager.id}/`, change).expect(200);
    expect(await kinds(parent)).toEqual(['cancelled', 'booked']);
    expect(
      await clinic.rows("select from notifications where appointment_id = $1 and kind = 'cancelled'", [id]),
    ).toHaveLength(3);
    const recipient = (await findRecipient(clinic.db, parent.id, id, '2012-03-04')) as RecipientRow;
    const said = { kind: 'cancelled' as const, params: { for: String(teenager.id) } };
    expect(judge({ ...said, created_at: clinic.clock.now() }, recipient, clinic.clock).drop).toBeUndefined();
  });

  test('that it was entered for the wrong child is told to who looks after that one', async () => {
    const id = await booked();
    await tell();
    const stranger = await clinic.person('patient');
    await as(admin).post(`/appointments/${id}/patient/`, { patient: stranger.id }).expect(200);
    for (const guardian of [parent, other])
      expect(await kinds(guardian)).toEqual(['entered_by_mistake', 'booked']);
    expect((await told(parent))[0]?.text).toMatch(/^For Madina Karimova: This appointment was entered/);
    expect(await clinic.rows('select from notifications where user_id = $1', [child])).toEqual([]);
  });

  test('that it is of another child of theirs is told to a guardian of both, of each of them', async () => {
    const sister = await addChild(clinic, parent, { first_name: 'Zuhra', date_of_birth: '2024-08-20' });
    const id = await booked();
    await tell();
    await as(admin).post(`/appointments/${id}/patient/`, { patient: sister }).expect(200);
    const texts = (await told(parent)).map(({ text }) => text).slice(0, 2);
    expect(texts).toContainEqual(expect.stringMatching(/^For Madina Karimova: This appointment was entered/));
    expect(texts).toContainEqual(expect.stringMatching(/^For Zuhra Karimova: You have booked/));
    expect((await kinds(other))[0]).toBe('entered_by_mistake');
  });

  test('that it is the child’s and not their own is told to a guardian, who then hears of it as the child’s', async () => {
    const id = await booked(parent, parent.id);
    await tell();
    await as(admin).post(`/appointments/${id}/patient/`, { patient: child }).expect(200);
    expect((await kinds(parent)).toSorted()).toEqual(['booked', 'booked', 'entered_by_mistake']);
    const adult = '2012-03-04';
    const recipient = await findRecipient(clinic.db, parent.id, id, adult);
    const said = (params: Record<string, string>) =>
      judge(
        { kind: 'booked', params, created_at: clinic.clock.now() },
        recipient as RecipientRow,
        clinic.clock,
      ).drop;
    // What was said of their own visit, and still waits to be sent, is no longer true.
    expect(said({})).toBe('visit_reassigned');
    expect(said({ for: String(child) })).toBeUndefined();
  });

  test('what waits to be sent to a guardian is not sent once they look after the child no more', async () => {
    const id = await booked();
    const told_of = {
      kind: 'booked' as const,
      params: { for: String(child) },
      created_at: clinic.clock.now(),
    };
    const verdict = async (adult: string) => {
      const recipient = await findRecipient(clinic.db, other.id, id, adult);
      return judge(told_of, recipient as RecipientRow, clinic.clock).drop;
    };
    expect(await verdict('2012-03-04')).toBeUndefined();
    // On the child's birthday.
    expect(await verdict('2024-08-20')).toBe('visit_reassigned');
    await as(other).delete(`/patient/dependants/${child}/`).expect(204);
    expect(await verdict('2012-03-04')).toBe('visit_reassigned');
  });

  test('somebody who no longer looks after them hears nothing more', async () => {
    const id = await booked();
    await tell();
    await as(other).delete(`/patient/dependants/${child}/`).expect(204);
    await as(doctor).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
    expect(await kinds(parent)).toEqual(['confirmed', 'booked']);
    expect(await kinds(other)).toEqual(['booked']);
  });

  test('each guardian is reminded by their own quiet hours, also who joined afterwards', async () => {
    const third = await clinic.person('patient', { locale: 'en' });
    const timeslot = await clinic.slot(doctor, { date: '2030-03-13', start_time: '10:00' });
    await as(parent).post('/appointments/', { timeslot, patient: child }).expect(201);
    const hours = { quiet_hours: { enabled: true, from: '21:00', until: '11:00' } };
    await as(other).patch('/notifications/preferences/', hours).expect(200);
    await tell();
    await joins(clinic, parent, child, third);
    await tell();
    const jobs = await clinic.rows<{ key: string; run_at: string }>(
      "select key, run_at from graphile_worker.jobs where key like 'remind:%' and key like '%24h%' order by key",
    );
    const of = (person: Person) => jobs.find(({ key }) => key.endsWith(`:${person.id}`))?.run_at;
    expect(of(parent)).toBe('2030-03-12T05:00:00.000Z');
    expect(of(third)).toBe('2030-03-12T05:00:00.000Z');
    // It falls into the quiet hours, and their end comes in time.
    expect(of(other)).toBe('2030-03-12T05:00:00.000Z');
    clinic.clock.set('2030-03-12T05:00:00Z');
    expect((await told(parent))[0]).toMatchObject({
      kind: 'reminder',
      text: expect.stringMatching(/^For Madina/),
    });
    expect((await kinds(third))[0]).toBe('reminder');
  });

  describe('that is planned already is reminded', () => {
    /** A visit, with who is to be reminded of it by then. */
    async function planned() {
      const timeslot = await clinic.slot(doctor, { date: dayAhead() });
      const { body } = await as(parent).post('/appointments/', { timeslot, patient: child }).expect(201);
      await tell();
      return { id: body.id as number, date: body.date as string };
    }
    /** Whether somebody is reminded a day before. */
    async function isReminded({ id, date }: { id: number; date: string }, person: { id: number }) {
      await tell();
      clinic.clock.set(new Date(Date.parse(`${date}T05:00:00Z`) - 86_400_000).toISOString());
      await tell();
      const reminders = await clinic.rows(
        "select from notifications where user_id = $1 and appointment_id = $2 and kind = 'reminder'",
        [person.id, id],
      );
      return reminders.length === 1;
    }

    test('who is tied to the child at the desk', async () => {
      const visit = await planned();
      const third = await clinic.person('patient');
      const tie = { guardian: third.id, relationship: 'guardian' };
      await as(admin).post(`/patients/${child}/guardians/`, tie).expect(200);
      expect(await isReminded(visit, third)).toBe(true);
      expect(await isReminded(visit, parent)).toBe(true);
    });

    test('the other record of a guardian', async () => {
      const visit = await planned();
      const into = await clinic.person('patient');
      await as(admin).post(`/patients/${other.id}/merge/`, { into: into.id }).expect(200);
      expect(await isReminded(visit, into)).toBe(true);
    });

    test('a guardian who was put out, and is let in again', async () => {
      const access = (is_active: boolean) =>
        as(admin).patch(`/users/${other.id}/`, { is_active }).expect(200);
      await access(false);
      const visit = await planned();
      await access(true);
      expect(await isReminded(visit, other)).toBe(true);
    });

    test('the child itself, once the desk has made sure that a phone reaches it', async () => {
      const visit = await planned();
      await as(admin).patch(`/patients/${child}/`, { phone: '+998901112255' }).expect(200);
      await as(admin).post(`/patients/${child}/phone/vouch/`).expect(200);
      expect(await isReminded(visit, { id: child })).toBe(true);
    });

    test('a guardian, once the day of birth says again that it is a child', async () => {
      const born = (date_of_birth: string) =>
        as(admin).patch(`/patients/${child}/`, { date_of_birth }).expect(200);
      await born('1994-08-20');
      const timeslot = await clinic.slot(doctor, { date: '2030-07-02' });
      const { body } = await as(admin).post('/appointments/', { timeslot, patient: child }).expect(201);
      await tell();
      await born('2024-08-20');
      expect(await isReminded(body, parent)).toBe(true);
    });

    test('who has come of age, and has a sign-in of their own', async () => {
      child = await addChild(clinic, parent, { date_of_birth: '2012-03-05' });
      const visit = await planned();
      clinic.clock.set('2030-03-05T04:00:00Z');
      const account = { username: `of.age.${child}`, password: 'eleven-apricot-trees' };
      await as(admin).patch(`/users/${child}/`, account).expect(200);
      expect(await isReminded(visit, { id: child })).toBe(true);
      expect(await isReminded(visit, parent)).toBe(false);
    });
  });
});

test('an offer of the waiting list waits while all guardians sleep, and no longer', async () => {
  const asleep = { quiet_hours: { enabled: true, from: '08:00', until: '12:00' } };
  const wish = { doctor: doctor.id, patient: child, from: '2030-05-01', to: '2030-05-30' };
  await as(parent).post('/waitlist/', wish).expect(201);
  await as(parent).patch('/notifications/preferences/', asleep).expect(200);
  await clinic.slot(doctor, { date: '2030-05-06' });
  // It is nine o'clock, and the other is awake.
  expect((await kinds(other))[0]).toBe('waitlist_offer');
  await as(other).patch('/notifications/preferences/', asleep).expect(200);
  await as(other)
    .post('/waitlist/', { ...wish, from: '2030-06-01', to: '2030-06-30' })
    .expect(201);
  await clinic.slot(doctor, { date: '2030-06-06' });
  expect((await told(other)).filter(({ kind }) => kind === 'waitlist_offer')).toHaveLength(1);
});

test('an offer of the waiting list is told to both guardians, with the child’s name', async () => {
  const date = freshDay();
  const wish = { doctor: doctor.id, patient: child, from: '2030-04-01', to: '2030-04-30' };
  await as(parent).post('/waitlist/', wish).expect(201);
  await clinic.slot(doctor, { date: `2030-04-${date.slice(8)}` });
  await tell();
  const [mine] = await told(parent);
  expect(mine).toMatchObject({
    kind: 'waitlist_offer',
    text: expect.stringMatching(/^For Madina Karimova: /),
  });
  expect((await kinds(other))[0]).toBe('waitlist_offer');
});

test('what is of no visit, and waits to be sent, is not sent to who looks after the child no more either', async () => {
  const sister = await addChild(clinic, parent, { first_name: 'Zuhra', date_of_birth: '2024-08-20' });
  const params = { for: String(child) };
  const verdict = async (kind: 'guardianship_ends' | 'waitlist_offer') => {
    const recipient = await findRecipient(clinic.db, other.id, undefined, '2012-03-04', params.for);
    const said = { kind, params, created_at: clinic.clock.now() };
    return judge(said, recipient as RecipientRow, clinic.clock).drop;
  };
  expect(await verdict('guardianship_ends')).toBeUndefined();
  // Under the other record of the child they look after it still.
  await as(admin).post(`/patients/${child}/merge/`, { into: sister }).expect(200);
  expect(await verdict('waitlist_offer')).toBeUndefined();
  await as(other).delete(`/patient/dependants/${sister}/`).expect(204);
  expect(await verdict('guardianship_ends')).toBe('visit_reassigned');
  expect(await verdict('waitlist_offer')).toBe('visit_reassigned');
});

describe('that a guardianship ends', () => {
  const teenager = (born: string) => addChild(clinic, parent, { first_name: 'Timur', date_of_birth: born });
  const end = async () => {
    await clinic.tasks.tell_guardianship_ends();
    return (await told(parent)).filter(({ kind }) => kind === 'guardianship_ends');
  };

  test('is told 30 days before the 18th birthday, once, with its day', async () => {
    // 4 March 2030; born on 3 April 2012 is 30 days off, on 4 April 31.
    await teenager('2012-04-04');
    expect(await end()).toEqual([]);
    await teenager('2012-04-03');
    const [message, ...more] = await end();
    expect(message?.text).toContain('Timur Karimova will be 18: Wednesday 3 April');
    expect(more).toEqual([]);
    expect(await end()).toHaveLength(1);
  });

  test('is told to the person, too, where something reaches them', async () => {
    const id = await teenager('2012-03-20');
    await clinic.db.$client.query(
      "update users set phone = '+998901112244', phone_reached_at = now() where id = $1",
      [id],
    );
    await end();
    const rows = await clinic.rows('select kind, params from notifications where user_id = $1', [id]);
    expect(rows).toEqual([{ kind: 'guardianship_ends', params: { day: '2030-03-20' } }]);
  });

  test('is told to no guardian who works here, and once they are a patient again', async () => {
    await teenager('2012-03-20');
    const role = (to: string) => as(admin).patch(`/users/${parent.id}/`, { role: to }).expect(200);
    const told_of = () =>
      clinic.rows("select from notifications where user_id = $1 and kind = 'guardianship_ends'", [parent.id]);
    await role('receptionist');
    await clinic.tasks.tell_guardianship_ends();
    expect(await told_of()).toHaveLength(0);
    await role('patient');
    await clinic.tasks.tell_guardianship_ends();
    expect(await told_of()).toHaveLength(1);
  });

  test('is told anew where the day of birth was corrected', async () => {
    const id = await teenager('2012-03-20');
    expect(await end()).toHaveLength(1);
    await as(parent).patch(`/patient/dependants/${id}/`, { date_of_birth: '2012-03-25' }).expect(200);
    expect(await end()).toHaveLength(2);
  });

  test('is told anew whoever corrects the day of birth', async () => {
    const id = await teenager('2012-03-20');
    expect(await end()).toHaveLength(1);
    await as(admin).patch(`/patients/${id}/`, { date_of_birth: '2012-03-26' }).expect(200);
    expect(await end()).toHaveLength(2);
    await as(admin)
      .patch(`/users/${id}/`, { profile: { date_of_birth: '2012-03-27' } })
      .expect(200);
    expect(await end()).toHaveLength(3);
    // Nothing is corrected.
    await as(admin).patch(`/patients/${id}/`, { date_of_birth: '2012-03-27', gender: 'male' }).expect(200);
    expect(await end()).toHaveLength(3);
  });
});
