import { index, integer, pgTable, text } from '../drizzle.ts';

/** What doctors are, as admins list it. */
export const specializations = pgTable('specializations', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  /** In the clinic's language: as it stands wherever a `specialization` is shown. */
  name: text().notNull(),
  name_uz: text(),
  name_ru: text(),
  name_en: text(),
});

/**
 * Every name by which a specialization is found, folded (search_fold): its own in each language, those that it had before,
 * and those of the ones that were joined to it. Triggers write it, but for a join.
 */
export const specializationNames = pgTable(
  'specialization_names',
  {
    folded: text().primaryKey(),
    specialization_id: integer()
      .notNull()
      .references(() => specializations.id),
  },
  (t) => [index('specialization_names_specialization').on(t.specialization_id)],
);
