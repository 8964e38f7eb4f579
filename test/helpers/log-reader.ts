import { silentLog } from '../../src/core/log.ts';
import { openDatabase } from '../../src/db/client.ts';
import { createReaders } from '../../src/events/readers.ts';
import { keeping } from './log-keeping.ts';

/** A process that reads the log until it is killed: `node log-reader.ts DATABASE_URL`. */
const url = process.argv[2] ?? '';
const db = openDatabase({ url, pool_max: 2 });
createReaders({ db, log: silentLog, readers: [keeping], event_retention_days: 30 }).start({
  url,
  ready: async () => {},
});
