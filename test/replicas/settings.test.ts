import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';

const DATABASE_URL = 'postgres://clinic:password@pooler:6432/clinic';
const other = 'postgres://clinic:password@database:5432/clinic';

test('without a pooler the database is reached directly, and statements have names', () => {
  expect(loadConfig({ DATABASE_URL })).toMatchObject({
    database_url: DATABASE_URL,
    database_direct_url: DATABASE_URL,
    database_replica_url: undefined,
    database_prepared: true,
  });
  const set = {
    DATABASE_URL,
    DATABASE_DIRECT_URL: other,
    DATABASE_REPLICA_URL: other,
    DATABASE_PREPARED: 'false',
  };
  expect(loadConfig(set)).toMatchObject({
    database_url: DATABASE_URL,
    database_direct_url: other,
    database_replica_url: other,
    database_prepared: false,
  });
});

test.each([
  { DATABASE_DIRECT_URL: other },
  { DATABASE_REPLICA_URL: other },
  { DATABASE_URL, DATABASE_DIRECT_URL: 'database:5432' },
  { DATABASE_URL, DATABASE_REPLICA_URL: 'mysql://replica/clinic' },
  { DATABASE_PREPARED: 'maybe' },
])('$DATABASE_DIRECT_URL, $DATABASE_REPLICA_URL, $DATABASE_PREPARED is refused by name', (wrong) => {
  const name = Object.keys(wrong).at(-1);
  expect(() => loadConfig(wrong)).toThrow(name);
});
