import { beforeAll, describe, expect, test } from 'vitest';
import { badLines, readers } from '../helpers/calendars.ts';
import { sendingWorld } from '../helpers/messages/sending.ts';
import { one } from '../helpers/messages/world.ts';
import { hasPython, pythonJson } from '../helpers/python.ts';

/** A mail as Python's own `email` package takes it apart. */
interface ReadMail {
  to: string;
  /** The types from the outside in, each with its parts: `multipart/mixed[…]`. */
  structure: string;
  /** Every part that is a calendar, in order. */
  calendars: {
    type: string;
    method: string | null;
    charset: string | null;
    filename: string | null;
    text: string;
  }[];
}

const SCRIPT = `
import sys, json, email
from email import policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
def shape(p):
  inner = '[' + ','.join(shape(x) for x in p.iter_parts()) + ']' if p.is_multipart() else ''
  return p.get_content_type() + inner
text = lambda p: p.get_payload(decode=True).decode('utf-8')
print(json.dumps({'to': str(m['to']), 'structure': shape(m), 'calendars': [{
  'type': p.get_content_type(), 'method': p.get_param('method'), 'charset': p.get_content_charset(),
  'filename': p.get_filename(), 'text': text(p)} for p in m.walk()
  if p.get_content_type() in ('text/calendar', 'application/ics')]}))
`;
const has_python = hasPython('email', 'invitations are not read by Python’s email');

const readMail = (raw: string) => pythonJson(SCRIPT, raw) as ReadMail;

const clinic = sendingWorld();
let serial = 0;
const person = (role: 'patient' | 'doctor', first_name: string) => {
  serial += 1;
  const email = `${role}.${serial}@example.uz`;
  return clinic.world.person(role, {
    first_name,
    last_name: 'Каримова',
    locale: 'ru',
    email,
    email_verified: true,
  });
};

/** What has come since, by its reader: the invitation, as the first reader understands it. */
async function received() {
  await clinic.world.drain();
  const mails = clinic.smtp.mails.splice(0).map(({ raw }) => readMail(raw));
  return mails.map((mail) => {
    expect(mail.structure).toBe(
      'multipart/mixed[multipart/alternative[text/plain,text/html,text/calendar],application/ics]',
    );
    const [inline, file] = mail.calendars;
    expect(inline).toMatchObject({ type: 'text/calendar', charset: 'utf-8' });
    expect(file).toMatchObject({ filename: 'invite.ics', text: inline?.text });
    expect(badLines(inline?.text ?? '')).toEqual([]);
    const read = readers.map(([, reader]) => reader(inline?.text ?? ''));
    for (const calendar of read) {
      expect(calendar.method).toBe(inline?.method);
      expect(calendar.events).toEqual(read[0]?.events);
    }
    const [event] = read[0]?.events ?? [];
    const attendee = /^ATTENDEE(?:.|\r\n )*/m.exec(inline?.text ?? '')?.[0].replaceAll('\r\n ', '') ?? '';
    return { to: mail.to, method: inline?.method, ...event, attendee, text: inline?.text ?? '' };
  });
}

async function moved(appointment: number, doctor: number, date: string): Promise<void> {
  const slot = await one<number>(
    clinic.world.db,
    `insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $2, '11:00', '11:30') returning id as value`,
    [doctor, date],
  );
  await clinic.world.db.$client.query(
    `update appointments a set timeslot_id = s.id, date = s.date, start_time = s.start_time, end_time = s.end_time
     from timeslots s where s.id = $2 and a.id = $1`,
    [appointment, slot],
  );
}

describe.skipIf(!has_python)('an email about a visit', () => {
  let doctor: number;
  beforeAll(async () => {
    doctor = await person('doctor', 'Жасур');
  });

  test('carries it from booking over moving to cancellation as one meeting, to patient and doctor', async () => {
    const patient = await person('patient', 'Азиза');
    const id = await clinic.world.visit(doctor, patient);
    const booked = await received();
    await clinic.world.change(id, 'confirmed');
    const confirmed = await received();
    await moved(id, doctor, '2030-03-13');
    const later = await received();
    await clinic.world.change(id, 'cancelled', doctor);
    const cancelled = await received();
    const all = [booked, confirmed, later, cancelled].flat();
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(1);
    expect(booked.map(({ method, status }) => [method, status])).toEqual(
      booked.map(() => ['REQUEST', 'TENTATIVE']),
    );
    expect(booked).toHaveLength(2);
    expect(confirmed.map(({ status }) => status)).toContain('CONFIRMED');
    expect(later.map(({ method, start }) => [method, start])).toEqual(
      later.map(() => ['REQUEST', '2030-03-13T06:00:00.000Z']),
    );
    expect(later).toHaveLength(2);
    expect(cancelled.map(({ method, status }) => [method, status])).toEqual([['CANCEL', 'CANCELLED']]);
    const sequences = [booked, confirmed, later, cancelled].map((mails) => mails[0]?.sequence ?? 0);
    expect(sequences).toEqual([...new Set(sequences)].sort((one, other) => one - other));
    for (const { to, attendee, text, class: secrecy } of all) {
      expect(attendee).toMatch(new RegExp(`mailto:${to}`, 'i'));
      expect(attendee).toContain('RSVP=FALSE');
      expect(text.match(/^ATTENDEE/gm)).toHaveLength(1);
      expect(text.replaceAll('\r\n ', '')).toMatch(
        /^ORGANIZER;CN="Clinic":mailto:no-reply@clinic\.example\r$/im,
      );
      expect(secrecy).toBe('PRIVATE');
      expect(text).not.toContain('clinic.example-');
    }
  });

  test.each([
    ['the doctor declines it', 'doctor', null],
    ['the doctor is absent', 'doctor', 'doctor_absent'],
    ['the clinic is closed', 'doctor', 'clinic_closed'],
    ['the patient cancels it', 'patient', null],
  ] as const)('takes a visit out of the calendar where %s', async (_, by, reason) => {
    const patient = await person('patient', 'Азиза');
    const date = `2030-04-${String(10 + serial).padStart(2, '0')}`;
    const id = await clinic.world.visit(doctor, patient, { date });
    const [booked] = await received();
    const canceller = by === 'doctor' ? doctor : patient;
    await clinic.world.change(id, 'cancelled', canceller, reason ?? undefined);
    const cancelled = await received();
    expect(cancelled.length).toBeGreaterThan(0);
    for (const { method, status, uid, sequence } of cancelled) {
      expect([method, status, uid]).toEqual(['CANCEL', 'CANCELLED', booked?.uid]);
      expect(sequence).toBeGreaterThan(booked?.sequence ?? Number.POSITIVE_INFINITY);
    }
    const readers = cancelled.map(({ to }) => to.split('.')[0]);
    expect(readers).toContain(by === 'doctor' ? 'patient' : 'doctor');
  });

  test('carries nothing with a reminder, and takes the meeting out for who has it no more', async () => {
    const patient = await person('patient', 'Азиза');
    const colleague = await person('doctor', 'Лола');
    const id = await clinic.world.visit(doctor, patient, { date: '2030-03-20' });
    await received();
    await clinic.world.db.$client.query(
      `with slot as (insert into timeslots (doctor_id, date, start_time, end_time)
         values ($2, '2030-03-20', '12:00', '12:30') returning *)
       update appointments a set doctor_id = $2, timeslot_id = slot.id, start_time = slot.start_time,
         end_time = slot.end_time from slot where a.id = $1`,
      [id, colleague],
    );
    const handed = await received();
    const byMethod = (method: string) => handed.filter((mail) => mail.method === method);
    expect([byMethod('REQUEST').length, byMethod('CANCEL').length]).toEqual([2, 1]);
    expect(byMethod('CANCEL')[0]?.text).not.toContain('Азиза');
    clinic.world.clock.set('2030-03-19T08:00:00Z');
    await clinic.world.drain();
    const reminders = clinic.smtp.mails.splice(0).map(({ raw }) => readMail(raw));
    expect(reminders.length).toBeGreaterThan(0);
    for (const { calendars } of reminders) expect(calendars).toEqual([]);
  });

  test('invites a guardian to the visit of whom they look after, by name', async () => {
    const guardian = await person('patient', 'Азиза');
    const child = await one<number>(
      clinic.world.db,
      `with child as (insert into users (username, role, first_name) values ('~inv', 'patient', 'Мадина') returning id),
         profile as (insert into patient_profiles (id, date_of_birth) select id, '2025-01-01' from child)
       insert into guardianships (guardian_id, dependant_id, relationship, created_by)
       select $1, id, 'parent', $1 from child returning dependant_id as value`,
      [guardian],
    );
    await clinic.world.visit(doctor, child, { date: '2030-03-25', booked_by: guardian });
    const invited = (await received()).filter(({ to }) => to.startsWith('patient'));
    expect(invited.map(({ method, summary }) => [method, summary])).toEqual([
      ['REQUEST', expect.stringMatching(/^Мадина: .*Жасур/)],
    ]);
  });
});
