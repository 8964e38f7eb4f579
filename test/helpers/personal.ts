import type { Person, TestApp } from './app.ts';

let serial = 0;

/** What is personal of somebody; each is told apart from everybody else's. */
function personal(name: string) {
  serial += 1;
  const number = String(1_000_000 + serial * 7_919);
  return {
    username: `${name}.username${serial}`,
    first_name: `${name}-first${serial}`,
    last_name: `${name}-last${serial}`,
    email: `${name}.mail${serial}@example.uz`,
    phone: `+99890${number}`,
    device: `${name}-device${serial}`,
    address: `203.0.113.${100 + serial}`,
    chat: `77${number}`,
    reason: `${name}-reason${serial}`,
  };
}
type Personal = ReturnType<typeof personal>;

/** Somebody of whom every table holds something. */
export async function somebody(
  clinic: TestApp,
  role: 'patient' | 'doctor',
  profile: object,
): Promise<{ person: Person; data: Personal }> {
  const query = (text: string, values: unknown[]) => clinic.db.$client.query(text, values);
  const data = personal(role);
  const { username, first_name, last_name, email, phone, device, address, chat } = data;
  const names = { username, first_name, last_name, email, phone, accept_terms: true };
  const person = await clinic.person(role, { ...names, locale: 'uz', profile });
  const { id } = person;
  await query('update users set phone_verified_at = now(), email_verified_at = now() where id = $1', [id]);
  await query('update sessions set device = $2, address = $3 where user_id = $1', [id, device, address]);
  // One that ended before, too.
  await query('insert into sessions (user_id, device, address, ended_at) values ($1, $2, $3, now())', [
    id,
    device,
    address,
  ]);
  await query(
    `insert into codes (user_id, purpose, destination, address, code_hash, expires_at)
     values ($1, 'verify_phone', $2, $3, 'x', now())`,
    [id, phone, address],
  );
  await query(
    `insert into one_use_links (token_hash, purpose, user_id, expires_at) values (convert_to($2, 'utf8'), 'telegram', $1, now())`,
    [id, `link-of-${username}`],
  );
  await query('insert into telegram_chats (user_id, chat_id) values ($1, $2)', [id, chat]);
  await query(
    `insert into notification_preferences (user_id, channels) values ($1, '{"reminder":["sms"]}')`,
    [id],
  );
  const params = JSON.stringify({ device, where: address });
  await query("insert into notifications (key, user_id, kind, params) values ($2, $1, 'new_sign_in', $3)", [
    id,
    `test:${id}`,
    params,
  ]);
  await query(
    `insert into messages (key, user_id, channel, kind, params, secret, status, provider_id, error) values
     ($2 || ':1', $1, 'sms', 'code', '{"purpose":"verify_phone"}', convert_to($3, 'utf8'), 'queued', null, null),
     ($2 || ':2', $1, 'sms', 'new_sign_in', $4, null, 'sent', $5, null),
     ($2 || ':3', $1, 'email', 'code', '{}', convert_to($3, 'utf8'), 'failed', null, 'refused')`,
    [id, `test:${id}`, `sealed ${phone}`, params, `provider-of-${username}`],
  );
  await query(
    `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id)
     values ($1, 'POST /appointments/', $2, 'x', $3, $1)`,
    [id, `key-of-${username}`, JSON.stringify({ [role]: { id, first_name } })],
  );
  if (role === 'patient')
    await query(
      `with wish as (
         insert into waitlist_entries (patient_id, specialization, "from", "to", status)
         values ($1, $2, '2026-04-01', '2026-04-02', 'left') returning id
       )
       insert into waitlist_offers (entry_id, offered_at, expires_at, outcome) select id, now(), now(), 'lapsed' from wish`,
      [id, data.reason],
    );
  else
    await query(
      `insert into absences (doctor_id, "from", "to", reason, created_by)
       values ($1, '2027-01-01', '2027-01-02', $2, $1)`,
      [id, data.reason],
    );
  return { person, data };
}

/** Every text by which the person could be found again. */
export async function needlesOf(
  clinic: TestApp,
  { person, data }: { person: Person; data: Personal },
  ...more: string[]
): Promise<string[]> {
  const { rows } = await clinic.db.$client.query<{ password_hash: string }>(
    'select password_hash from users where id = $1',
    [person.id],
  );
  return [...Object.values(data), data.phone.slice(4), rows[0]?.password_hash ?? 'no hash', ...more];
}
