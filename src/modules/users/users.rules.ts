import type { Role } from '../../core/roles.ts';

const profileFields = {
  admin: [],
  doctor: ['specialization', 'experience_years', 'gender'],
  patient: ['date_of_birth', 'gender'],
} as const satisfies Record<Role, readonly string[]>;

/** The fields of a profile that do not belong to this role. */
export function profileErrors(role: Role, profile: object): string[] {
  const fitting: readonly string[] = profileFields[role];
  return Object.entries(profile)
    .filter(([name, value]) => value !== undefined && !fitting.includes(name))
    .map(([name]) => name);
}
