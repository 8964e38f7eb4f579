import { createRequire } from 'node:module';
import type * as core from 'drizzle-orm';
import type * as migrator from 'drizzle-orm/migrator';
import type * as nodePostgres from 'drizzle-orm/node-postgres';
import type * as pgCore from 'drizzle-orm/pg-core';

/**
 * The only door to drizzle. Its ES modules make Node read and parse their 180 kB package.json once for each of some
 * hundred files: 350 ms and 250 MB at start. Its CommonJS twins need neither: 75 ms and 25 MB.
 */
const require = createRequire(import.meta.url);

export const {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  not,
  notExists,
  or,
  Placeholder,
  sql,
} = require('drizzle-orm') as typeof core;
export const {
  alias,
  bigint,
  boolean,
  check,
  customType,
  date,
  getTableConfig,
  index,
  integer,
  jsonb,
  PgDialect,
  pgEnum,
  pgTable,
  primaryKey,
  QueryBuilder,
  smallint,
  text,
  uniqueIndex,
  uuid,
} = require('drizzle-orm/pg-core') as typeof pgCore;
export const { drizzle } = require('drizzle-orm/node-postgres') as typeof nodePostgres;
export const { readMigrationFiles } = require('drizzle-orm/migrator') as typeof migrator;

export type { ExtractTablesWithRelations, SQL } from 'drizzle-orm';
export type { MigrationMeta } from 'drizzle-orm/migrator';
export type { NodePgDatabase, NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
export type { PgColumn, PgTable, PgTransaction } from 'drizzle-orm/pg-core';
