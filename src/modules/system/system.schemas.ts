import { z } from 'zod';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

const { instant } = fields.out;
/** Bounded, so that a client knows how large a figure may be. */
const figure = z.number().min(0).max(fields.COUNT_MAX);
const whole = fields.count;
const word = z.string().max(200);

export const systemState = documented(
  z.object({
    at: instant,
    version: word,
    node: word,
    uptime_seconds: whole,
    memory_bytes: whole,
    log: z.object({ level: word, until: instant.nullable() }),
    database: z.object({
      version: word,
      bytes: figure,
      connections: whole,
      connections_max: whole,
      migrations: whole,
      migrations_known: whole,
      archives: z.boolean(),
      archive_failed: word.nullable(),
      replicas: z
        .array(z.object({ name: word, state: word.nullable(), lag_seconds: figure.nullable() }))
        .max(1_000),
    }),
    work: z.object({
      holds_live: whole,
      holds_lapsed: whole,
      offers_live: whole,
      offers_lapsed: whole,
      waiting: whole,
      messages_failed: whole,
      jobs_dead: whole,
      jobs_due: whole,
      jobs_oldest_seconds: figure,
    }),
    channels: z
      .array(
        z.object({
          channel: word,
          unsent: whole,
          oldest_seconds: figure,
          last_sent_at: instant.nullable(),
          last_failed_at: instant.nullable(),
        }),
      )
      .max(1_000),
    readers: z
      .array(
        z.object({
          reader: word,
          events: whole,
          seconds: figure,
          troubled: whole,
          set_aside: whole,
        }),
      )
      .max(1_000),
    backups: z
      .object({
        backed_up_at: instant.nullable(),
        age_seconds: figure.nullable(),
        bytes: whole.nullable(),
        rehearsal: z
          .object({
            at: instant,
            ok: z.boolean(),
            rpo_seconds: figure.nullable(),
            rto_seconds: figure.nullable(),
          })
          .nullable(),
        rehearsal_age_seconds: figure.nullable(),
      })
      .nullable(),
    limits: z.object({
      max_wait_seconds: whole,
      body_limit: whole,
      database_pool_max: whole,
      worker: word,
    }),
  }),
  {
    id: 'SystemState',
    description: 'How the server, its database, its background jobs, providers and backups are.',
    examples: {
      well: {
        summary: 'All is well',
        value: {
          at: '2026-03-02T04:00:00.000Z',
          version: '0.4.0',
          node: 'v24.21.0',
          uptime_seconds: 86_400,
          memory_bytes: 180_000_000,
          log: { level: 'info', until: null },
          database: {
            version: '18.4',
            bytes: 52_000_000,
            connections: 14,
            connections_max: 200,
            migrations: 26,
            migrations_known: 26,
            archives: true,
            archive_failed: null,
            replicas: [],
          },
          work: {
            holds_live: 3,
            holds_lapsed: 0,
            offers_live: 1,
            offers_lapsed: 0,
            waiting: 12,
            messages_failed: 0,
            jobs_dead: 0,
            jobs_due: 0,
            jobs_oldest_seconds: 0,
          },
          channels: [
            {
              channel: 'sms',
              unsent: 2,
              oldest_seconds: 1.5,
              last_sent_at: '2026-03-02T03:59:00.000Z',
              last_failed_at: null,
            },
          ],
          readers: [{ reader: 'history', events: 0, seconds: 0, troubled: 0, set_aside: 0 }],
          backups: {
            backed_up_at: '2026-03-01T20:17:10.000Z',
            age_seconds: 27_770,
            bytes: 6_700_000,
            rehearsal: { at: '2026-02-28T21:47:00.000Z', ok: true, rpo_seconds: 42, rto_seconds: 3.5 },
            rehearsal_age_seconds: 108_780,
          },
          limits: { max_wait_seconds: 3, body_limit: 65_536, database_pool_max: 10, worker: 'internal' },
        },
      },
    },
  },
);

export const logLevelChange = documented(
  z.object({
    level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    minutes: z.int().min(1).max(240),
  }),
  {
    id: 'LogLevelChange',
    description: 'A level of the log, and after how many minutes it falls back to that of the settings.',
    examples: { debug: { summary: 'More for a quarter of an hour', value: { level: 'debug', minutes: 15 } } },
  },
);

export const logLevel = documented(z.object({ level: word, until: instant }), {
  id: 'LogLevel',
  description: 'The level of the log that is in force, and when it falls back.',
  examples: {
    debug: { summary: 'More for a while', value: { level: 'debug', until: '2026-03-02T04:15:00.000Z' } },
  },
});
