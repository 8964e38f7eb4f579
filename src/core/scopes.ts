/** The roles whose rights a key can have. */
export const keyRoles = ['admin', 'receptionist'] as const;
export type KeyRole = (typeof keyRoles)[number];
const [most, least] = keyRoles;

/** What a key may be narrowed to, and the least role that has the right to all of it. */
const table = {
  'directory:read': { means: 'doctors, services, specializations, branches, rooms', role: 'receptionist' },
  'slots:read': { means: 'free slots, the search, one slot', role: 'receptionist' },
  'slots:write': { means: 'publish and withdraw slots', role: 'receptionist' },
  'appointments:read': {
    means: 'visits, their history, a doctor’s day; the export with the role `admin`',
    role: 'receptionist',
  },
  'appointments:write': {
    means: 'hold, book, confirm, cancel, move, mark who came',
    role: 'receptionist',
  },
  'patients:read': { means: 'patients of the desk', role: 'receptionist' },
  'patients:write': { means: 'register and correct them, make sure of a phone', role: 'receptionist' },
  'waitlist:read': { means: 'who waits for what', role: 'receptionist' },
  'waitlist:write': { means: 'put on the waiting list, take off it, answer offers', role: 'receptionist' },
  'schedules:read': { means: 'weeks, absences, holidays', role: 'receptionist' },
  'schedules:write': { means: 'write them', role: 'admin' },
  'clinic:write': { means: 'services, specializations, branches, rooms, photos', role: 'admin' },
  'statistics:read': { means: 'the clinic’s figures', role: 'admin' },
  'settings:read': { means: 'the clinic’s policy', role: 'admin' },
  'settings:write': { means: 'change it', role: 'admin' },
  'messages:read': { means: 'what was sent to people', role: 'admin' },
  'messages:write': { means: 'have failed messages sent again', role: 'admin' },
  'users:read': { means: 'accounts', role: 'admin' },
  'audit:read': { means: 'the audit', role: 'admin' },
  'tokens:introspect': { means: 'whether an access token serves, and whose it is', role: 'admin' },
} as const satisfies Record<string, { means: string; role: KeyRole }>;

export type Scope = keyof typeof table;
export const scopes = Object.keys(table) as [Scope, ...Scope[]];

export const meaningOf = (scope: Scope): string => table[scope].means;

/** The least role that has the right to all of these. */
export const roleFor = (wanted: readonly Scope[]): KeyRole =>
  wanted.every((scope) => table[scope].role === least) ? least : most;

/** `rw`: a scope to read with GET, and one to write with all else. The first row that fits a path counts. */
const rules: readonly [path: RegExp, scope: `${string}:${'read' | 'write' | 'rw' | 'introspect'}` | null][] =
  [
    [/^\/auth\/introspect\/$/, 'tokens:introspect'],
    // A key never merges records, which erases one of them, nor takes a guardian away, which may erase the child.
    [/^\/patients\/:id\/(?:merge|guardians\/:guardian)\/$/, null],
    [/^\/patients\//, 'patients:rw'],
    [/^\/doctors\/:id\/schedule\/$/, 'schedules:rw'],
    [/^\/(?:absences|holidays)\//, 'schedules:rw'],
    [/^\/timeslots\/:id\/hold\/$/, 'appointments:write'],
    [/^\/(?:doctors\/:id\/timeslots|timeslots)\//, 'slots:rw'],
    [/^\/appointments\//, 'appointments:rw'],
    [/^\/waitlist\//, 'waitlist:rw'],
    [/^\/(?:statistics|audit|users)\//, ':read'],
    [/^\/(?:settings|messages)\//, ':rw'],
    [/^\/(?:doctors|services|specializations|branches|rooms)\//, 'clinic:rw'],
  ];

/**
 * Which scope an operation asks of a key; undefined where no key may ever call it: whatever is a person's own account, makes
 * keys, changes passwords or roles, or erases.
 * @param path as it is declared below /api, such as `/doctors/:id/`
 */
export function scopeOf(method: string, path: string): Scope | undefined {
  const [, rule] = rules.find(([pattern]) => pattern.test(path)) ?? [];
  if (!rule) return undefined;
  const [named, kind] = rule.split(':');
  const reads = method === 'GET' || method === 'HEAD';
  if (kind === 'read' && !reads) return undefined;
  const verb = kind === 'introspect' ? kind : kind === 'write' || !reads ? 'write' : 'read';
  const resource = named || path.split('/')[1];
  const scope = `${named === 'clinic' && verb === 'read' ? 'directory' : resource}:${verb}`;
  return scopes.find((one) => one === scope);
}

/**
 * Whether a key with these scopes may call an operation.
 * @param path as it is declared below /api, such as `/doctors/:id/`
 */
export function isInScope(held: readonly Scope[] | undefined, method: string, path: string): boolean {
  const scope = scopeOf(method, path);
  return scope !== undefined && held?.includes(scope) === true;
}
