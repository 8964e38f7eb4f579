import { z } from 'zod';
import { isBoundByBranches, type Role, type Side, sideOf } from '../../core/roles.ts';
import * as fields from '../../http/fields.ts';
import { doctorInput } from '../doctors/index.ts';
import { patientInput } from '../patients/index.ts';

/** What a profile holds, by the side of visits that has one. What each field means stands in the module of its side. */
const inputs = { doctor: doctorInput, patient: patientInput } satisfies Record<Side, z.ZodRawShape>;

/** How many branches somebody can be given. */
export const BRANCHES_MAX = 1_000;

/** The profile of whoever is bound by branches. Only admins write it. */
const branchesInput = {
  branches: z
    .array(fields.id)
    .max(BRANCHES_MAX)
    .meta({
      description: 'Where a receptionist works: ids of branches; `[]` is in all of them.',
      examples: [[1]],
    }),
};

/** The fields of any profile that its owner writes; which of them fit follows from the role. */
export const profileInput = z.object({ ...inputs.doctor, ...inputs.patient }).partial();

/** With what only admins can say of a profile. */
export const staffProfileInput = z.object({ ...profileInput.shape, ...branchesInput }).partial();
export type ProfileInput = z.infer<typeof staffProfileInput>;

/** The names of the fields that the profile of a role has. */
export function profileFieldsOf(role: Role): string[] {
  const side = sideOf(role);
  return Object.keys({ ...(side && inputs[side]), ...(isBoundByBranches(role) && branchesInput) });
}
