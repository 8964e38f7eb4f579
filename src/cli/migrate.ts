import { migrateDatabase } from '../db/migrate.ts';
import { withDatabase } from '../main/process.ts';

/** npm run db:migrate */
await withDatabase(async (_config, database_url) => {
  await migrateDatabase(database_url);
  process.stdout.write('The database is up to date.\n');
});
