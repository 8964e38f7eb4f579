import { z } from 'zod';
import { adultsBornBy } from '../../core/age.ts';
import { demo } from '../../core/demo.ts';
import { relationships } from '../../core/words.ts';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db, Tx } from '../../db/client.ts';
import { eq, sql } from '../../db/drizzle.ts';
import { guardianships, patientProfiles } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { listOf } from '../../http/personal.ts';
import { listDependants } from './families/families.repository.ts';
import { moveTies } from './families/merging.repository.ts';
import { fillProfile, profileColumns } from './patients.repository.ts';
import { patientExample, patientOutput } from './patients.schemas.ts';

/** For so long an expired code still says that it is over, as an unknown one does. */
const INVITATION_DAYS = 7;

const relationship = z.enum(relationships);

/** A patient's profile, and who looks after whom. What is forgotten of a profile stands in the repository (`eraseProfile`). */
export const personal = {
  columns: {
    'guardian_invitations.dependant_id': 'codes, kept as hashes for some days',
    'guardian_invitations.invited_by': 'codes, kept as hashes for some days',
    'guardian_invitations.used_by': 'codes, kept as hashes for some days',
    'guardianships.created_by': 'who entered a tie, whose people it is about',
    'guardianships.dependant_id': 'guardians',
    'guardianships.guardian_id': 'dependants',
    'patient_profiles.id': 'patient_profile',
    'patient_profiles.registered_by': 'who made the record of another, whose data it is',
  },
  parts: {
    patient_profile: {
      shape: z.object({ id: fields.id, ...patientOutput }).nullable(),
      example: { id: demo.patient.id, ...patientExample },
      of_family: true as const,
      row: {
        table: patientProfiles,
        person: patientProfiles.id,
        columns: { id: patientProfiles.id, ...profileColumns },
      },
    },
    guardians: {
      shape: listOf(
        z.object({ guardian: fields.id, relationship, created_at: fields.out.instant }),
        'Who looks after this person, or did so until their 18th birthday.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({
            guardian: guardianships.guardian_id,
            relationship: guardianships.relationship,
            created_at: guardianships.created_at,
          })
          .from(guardianships)
          .where(eq(guardianships.dependant_id, person))
          .orderBy(guardianships.guardian_id),
    },
    dependants: {
      shape: z
        .object({ relationship, tied_at: fields.out.instant })
        .describe('Whom this person looks after, each with what is held of them.'),
      async family(db: Db, person: number, today: string) {
        const dependants = await listDependants(db, person, adultsBornBy(today));
        return dependants.map(({ id, relationship, tied_at }) => ({ id, relationship, tied_at }));
      },
    },
  },

  /** Families, and what the duplicate says that the record does not. */
  async merge(tx: Tx, merge: { from: number; into: number }): Promise<void> {
    await moveTies(tx, merge);
    await fillProfile(tx, merge);
  },

  erase: (person: number) => ({
    invitations: sql`
      delete from guardian_invitations where dependant_id = ${person} or invited_by = ${person} or used_by = ${person}`,
    ties: sql`delete from guardianships where guardian_id = ${person} or dependant_id = ${person}`,
  }),

  sweep: (db: Db, { daysAgo }: { daysAgo: (days: number) => Date }): Promise<void> =>
    inBatches(
      db,
      sql`delete from guardian_invitations where id in (
        select id from guardian_invitations
        where expires_at <= ${daysAgo(INVITATION_DAYS).toISOString()} ${batch})`,
    ),
};
