import { z } from 'zod';
import type { Side } from '../../core/roles.ts';
import { doctorInput } from '../doctors/index.ts';
import { patientInput } from '../patients/index.ts';

/** What a profile holds, by the side of visits that has one. What each field means stands in the module of its side. */
const inputs = { doctor: doctorInput, patient: patientInput } satisfies Record<Side, z.ZodRawShape>;

/** The fields of any profile; which of them fit follows from the role. */
export const profileInput = z.object({ ...inputs.doctor, ...inputs.patient }).partial();
export type ProfileInput = z.infer<typeof profileInput>;

export const profileFields: Record<Side, readonly string[]> = {
  doctor: Object.keys(inputs.doctor),
  patient: Object.keys(inputs.patient),
};
