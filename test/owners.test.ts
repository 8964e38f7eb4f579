import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { getTableConfig, type PgTable } from '../src/db/drizzle.ts';
import * as schema from '../src/db/schema/index.ts';

const root = resolve(import.meta.dirname, '../src');

/** These modules lock one another's rows on purpose, in one order, and write the same tables. */
const FLOOR = ['appointments', 'availability', 'calendar', 'timeslots', 'waitlist'];
const CALENDAR = ['calendar'];
const NOTIFICATIONS = ['notifications'];

/** Who may write each table. Any repository may read any of them. */
const OWNERS: Record<string, string[]> = {
  absences: CALENDAR,
  api_keys: ['api-keys'],
  appointment_events: FLOOR,
  appointments: FLOOR,
  audit_entries: ['audit'],
  branches: ['clinic'],
  calendar_epochs: ['feeds'],
  calendar_feeds: ['feeds'],
  clinic_settings: ['settings'],
  closed_timeslots: FLOOR,
  codes: ['auth'],
  consents: ['privacy'],
  contact_changes: ['auth'],
  doctor_profiles: ['doctors'],
  doctor_services: ['clinic'],
  event_epochs: ['events'],
  event_readers: ['events'],
  event_troubles: ['events'],
  events: ['events'],
  guardian_invitations: ['patients'],
  guardianships: ['patients'],
  holidays: CALENDAR,
  idempotency_keys: ['idempotency'],
  identities: ['auth'],
  job_runs: ['db/queue'],
  login_throttles: ['auth'],
  messages: NOTIFICATIONS,
  notification_preferences: NOTIFICATIONS,
  notifications: NOTIFICATIONS,
  one_use_links: NOTIFICATIONS,
  passkey_challenges: ['auth'],
  passkeys: ['auth'],
  patient_profiles: ['patients'],
  receptionist_branches: ['users'],
  recovery_codes: ['auth'],
  refresh_tokens: ['auth'],
  room_uses: FLOOR,
  rooms: ['clinic'],
  services: ['clinic'],
  sessions: ['auth'],
  sign_in_starts: ['auth'],
  sign_in_tickets: ['auth'],
  specialization_names: ['doctors'],
  specializations: ['doctors'],
  spent_id_tokens: ['auth'],
  stream_tickets: ['streams'],
  telegram_chats: NOTIFICATIONS,
  timeslots: FLOOR,
  token_algorithms: ['auth'],
  two_step: ['auth'],
  users: ['users'],
  waitlist_entries: FLOOR,
  waitlist_offers: FLOOR,
  webhook_deliveries: ['webhooks'],
  webhook_endpoints: ['webhooks'],
  weekly_hours: CALENDAR,
  withdrawn_timeslots: FLOOR,
};

/** Who writes what is not theirs, and why. */
const EXCEPTIONS: Record<string, string> = {
  'main/demo': 'fills an empty database, before anybody uses it',
};

/** Written by triggers alone. */
const BY_TRIGGERS = ['room_uses', 'calendar_epochs', 'event_epochs'];

/** The schema's tables by the names that code gives them. */
const tables = new Map<string, string>();
for (const [name, value] of Object.entries(schema)) {
  if (typeof value === 'function' || !('getSQL' in value)) continue;
  tables.set(name, getTableConfig(value as PgTable).name);
}
const known = new Set(tables.values());

/** What writes a table, as text of SQL and as drizzle's builder. The first group is the table. */
const WRITES = [
  /\binsert\s+into\s+"?(\w+)/gi,
  /\bdelete\s+from\s+(?:only\s+)?"?(\w+)/gi,
  /\bupdate\s+(?:only\s+)?"?(\w+)"?(?:\s+as)?(?:\s+\w+)?\s+set\b/gi,
  /\bmerge\s+into\s+"?(\w+)/gi,
  /\btruncate\s+(?:table\s+)?"?(\w+)/gi,
];
const BUILDS = /\.(?:insert|update|delete)\(\s*(\w+)\s*\)/g;

interface Write {
  file: string;
  by: string;
  table: string;
}

function writesOf(file: string): Write[] {
  const text = readFileSync(join(root, file), 'utf8');
  const by = /^modules\/([\w-]+)\//.exec(file)?.[1] ?? file.split('/').slice(0, -1).join('/');
  const inSql = WRITES.flatMap((pattern) => [...text.matchAll(pattern)].map(([, table = '']) => table));
  const built = [...text.matchAll(BUILDS)].map(([, name = '']) => tables.get(name) ?? '');
  return [...inSql, ...built].filter((table) => known.has(table)).map((table) => ({ file, by, table }));
}

const writes = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('db/schema/'))
  .flatMap(writesOf);

test('every table has an owner', () => {
  expect([...known].sort()).toEqual(Object.keys(OWNERS).sort());
});

test('only the owner of a table writes it', () => {
  const wrong = writes.filter(({ by, table }) => !OWNERS[table]?.includes(by) && !(by in EXCEPTIONS));
  expect(wrong).toEqual([]);
});

test('the statements that write each table are found, so that a foreign one would be', () => {
  const written = new Set(writes.filter(({ by }) => !(by in EXCEPTIONS)).map(({ table }) => table));
  expect([...known].filter((table) => !written.has(table))).toEqual(BY_TRIGGERS);
  for (const by of Object.keys(EXCEPTIONS)) expect(writes.some((write) => write.by === by)).toBe(true);
});
