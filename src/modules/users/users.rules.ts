import type { AuditAction } from '../../core/audited.ts';
import { namesOf } from '../../core/names.ts';
import { hasNoSignIn } from '../../core/records.ts';
import { type Role, sideOf } from '../../core/roles.ts';
import { profileFieldsOf } from './profile.schemas.ts';

/** With this begins the user name of who stands behind an API key, which is no account (services.repository). */
export const KEY_USERNAME = '~key-';

/** What an admin's change of a person is called in the audit, and which fields it touched: no values but roles and what became of visits. */
export function notesOf(
  before: { role: Role; is_active: boolean },
  { role, is_active, password, upcoming, profile = {}, ...others }: Changes,
): Note[] {
  const fields = [...namesOf(others), ...namesOf(profile).map((name) => `profile.${name}`)];
  const notes: (Note | false)[] = [
    fields.length > 0 && { action: 'user.update', details: { fields } },
    role !== undefined &&
      role !== before.role && { action: 'user.set_role', details: { from: before.role, to: role } },
    is_active !== undefined &&
      is_active !== before.is_active && {
        action: is_active ? 'user.activate' : 'user.deactivate',
        ...(upcoming && { details: { upcoming } }),
      },
    password !== undefined && { action: 'user.set_password' },
  ];
  return notes.filter((note) => note !== false);
}

interface Note {
  action: AuditAction;
  details?: Record<string, unknown>;
}

interface Changes {
  role?: Role | undefined;
  is_active?: boolean | undefined;
  password?: string | undefined;
  profile?: object | undefined;
  upcoming?: 'cancel' | 'keep' | undefined;
  [field: string]: unknown;
}

/** The fields of a profile that do not belong to this role. */
export function profileErrors(role: Role, profile: object): string[] {
  const fitting = profileFieldsOf(role);
  return namesOf(profile).filter((name) => !fitting.includes(name));
}

/** Messages of visits that are planned already begin to concern them: they are let in again, can sign in now, or become a patient. */
export const isHeardAnew = (before: Account, after: Account): boolean =>
  after.is_active &&
  (!before.is_active ||
    (hasNoSignIn(before.username) && !hasNoSignIn(after.username)) ||
    (before.role !== after.role && sideOf(after.role) === 'patient'));

interface Account {
  role: Role;
  is_active: boolean;
  username: string;
}
