import type { AppConfig } from '../app.ts';
import type { Db } from '../db/client.ts';
import { checkMigrated, migrateDatabase, oneAtATime } from '../db/migrate.ts';
import { loadDemo } from './demo/data.ts';
import { createFirstAdmin } from './first-admin.ts';

/** Brings the database up to date and puts the first admin and the demo clinic into it, as the settings say. */
export async function fillDatabase(db: Db, config: AppConfig): Promise<void> {
  if (config.migrate_on_start) await migrateDatabase(config.database_url, config.clinic_name);
  await checkMigrated(db);
  if (!config.first_admin && !config.demo_data) return;
  // Replicas start together.
  await oneAtATime(config.database_url, async () => {
    await createFirstAdmin(db, config);
    if (config.demo_data) await loadDemo(db, config);
  });
}
