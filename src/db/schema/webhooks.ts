import { webhookDeliveryStatuses, webhookOffReasons } from '../../core/words.ts';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { instant } from './types.ts';
import { users } from './users.ts';

export const webhookDeliveryStatus = pgEnum('webhook_delivery_status', webhookDeliveryStatuses);
export const webhookOffReason = pgEnum('webhook_off_reason', webhookOffReasons);

/** Where another system of the clinic's hears of what happens. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    url: text().notNull(),
    /** Of which events; null is all. */
    types: text().array(),
    description: text(),
    is_active: boolean().notNull().default(true),
    /** Why it is off, where nobody switched it off. */
    off_reason: webhookOffReason(),
    /** Encrypted (DATA_KEYS). Empty only within the transaction that makes the row. */
    secret: text(),
    /** Signs too until then, after a rotation. */
    previous_secret: text(),
    previous_until: instant(),
    /** It asked to be left alone until then. */
    paused_until: instant(),
    succeeded_at: instant(),
    created_by: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
  },
  () => [
    check('webhook_endpoints_previous_is_whole', sql`(previous_secret is null) = (previous_until is null)`),
    check('webhook_endpoints_off', sql`off_reason is null or not is_active`),
  ],
);

/** An event on its way to an endpoint: what is sent, and what became of it. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    endpoint_id: integer()
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    /** `evt_<epoch>_<id>`, the same at every endpoint and every try. */
    message_id: text().notNull(),
    type: text().notNull(),
    /** The bytes that are signed and sent. Ids, no names. */
    body: text().notNull(),
    status: webhookDeliveryStatus().notNull().default('pending'),
    attempts: smallint().notNull().default(0),
    /** When it is tried next; while it is tried, when its trying counts as lost. */
    due_at: instant().notNull().default(sql`now()`),
    /** Of the last try: the answer's status, or a code of ours. */
    response_status: smallint(),
    error: text(),
    /** When the first of its present tries began. */
    begun_at: instant(),
    attempted_at: instant(),
    delivered_at: instant(),
    /** The trace that caused the event, where that is told. */
    trace: text(),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    uniqueIndex('webhook_deliveries_once').on(t.endpoint_id, t.message_id),
    index('webhook_deliveries_due').on(t.endpoint_id, t.due_at, t.id).where(sql`status = 'pending'`),
    index('webhook_deliveries_endpoint').on(t.endpoint_id, t.id),
    index('webhook_deliveries_status').on(t.endpoint_id, t.status, t.id),
    index('webhook_deliveries_created').on(t.created_at),
  ],
);
