import { afterAll } from 'vitest';
import { dropDatabases } from './helpers/database.ts';

/** Set up for each file, before its own: so this is the last that is done after it. */
afterAll(dropDatabases);
