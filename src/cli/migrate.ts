import { migrateDatabase } from '../db/migrate.ts';
import { withDatabase } from '../main/process.ts';

/** npm run db:migrate */
await withDatabase(async (config, database_url) => {
  await migrateDatabase(database_url, config.clinic_name);
  process.stdout.write('The database is up to date.\n');
});
