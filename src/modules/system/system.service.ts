import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Caller } from '../../core/roles.ts';
import { type BackupState, readBackups } from '../../db/backup/state.ts';
import { type Db, transaction } from '../../db/client.ts';
import type { Channel } from '../../db/links/listen.ts';
import { countMigrations } from '../../db/migrations.ts';
import type { Lag } from '../../events/reading.repository.ts';
import type { Audit } from '../audit/index.ts';
import { ageOf, type Reading, readingsOf } from './readings.rules.ts';
import * as repository from './system.repository.ts';

interface SystemDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  audit: Pick<Audit, 'record'>;
  version: string;
  /** How far those who read the log of events are behind. */
  readers: { lags: () => Promise<Lag[]> };
  backup_dir: string | undefined;
  /** The level of the settings, and how this process's log is set to another. */
  log_level: string;
  setLogLevel: (level: string) => void;
  max_wait_seconds: number;
  body_limit: number;
  database_pool_max: number;
  worker: string;
}

/** A level of the log that holds for a while. */
interface LogLevel {
  level: string;
  /** When it falls back by itself. */
  until: string;
}

export type System = ReturnType<typeof createSystem>;

/** What one asks first when something is wrong. */
export function createSystem({
  db,
  clock,
  log,
  audit,
  version,
  readers,
  backup_dir,
  ...settings
}: SystemDependencies) {
  let raised: LogLevel | undefined;
  let fallsBack: NodeJS.Timeout | undefined;

  /** A folder that is away is no reason to say nothing else. */
  const backups = (): Promise<BackupState | undefined> =>
    readBackups(backup_dir).catch(() => ({ backed_up_at: null, bytes: null, rehearsal: null }));

  function setLevel(wanted: LogLevel): void {
    const left = Date.parse(wanted.until) - clock.now().getTime();
    if (left <= 0) return;
    clearTimeout(fallsBack);
    raised = wanted;
    settings.setLogLevel(wanted.level);
    log.info({ level: wanted.level, until: wanted.until }, 'the log has another level for a while');
    fallsBack = setTimeout(() => {
      raised = undefined;
      settings.setLogLevel(settings.log_level);
    }, left).unref();
  }

  const levels: Channel = {
    name: 'log_level',
    onConnect: async () => {},
    onMessage: (payload) => setLevel(JSON.parse(payload) as LogLevel),
  };

  return {
    /** Figures of the database and of the backups, for the metrics. What cannot be read is not there. */
    async readings(): Promise<Reading[]> {
      const now = clock.now();
      const kept = await backups();
      try {
        const [work, channels, database, lags] = await Promise.all([
          repository.readWork(db),
          repository.readChannels(db),
          repository.readDatabase(db),
          readers.lags(),
        ]);
        return readingsOf({ now, work, channels, database, readers: lags, backups: kept });
      } catch {
        return readingsOf({ now, backups: kept });
      }
    },

    async show() {
      const now = clock.now();
      const [work, channels, database, lags, kept, migrations_known] = await Promise.all([
        repository.readWork(db),
        repository.readChannels(db),
        repository.readDatabase(db),
        readers.lags(),
        backups(),
        countMigrations(),
      ]);
      const { max_wait_seconds, body_limit, database_pool_max, worker } = settings;
      return {
        at: now.toISOString(),
        version,
        node: process.version,
        uptime_seconds: Math.round(process.uptime()),
        memory_bytes: process.memoryUsage.rss(),
        log: { level: raised?.level ?? settings.log_level, until: raised?.until ?? null },
        database: { ...database, migrations_known },
        work,
        channels,
        readers: lags,
        backups: kept
          ? {
              ...kept,
              age_seconds: ageOf(kept.backed_up_at, now),
              rehearsal_age_seconds: ageOf(kept.rehearsal?.at, now),
            }
          : null,
        limits: { max_wait_seconds, body_limit, database_pool_max, worker },
      };
    },

    /** Sets the level of every process that answers requests, until it falls back by itself. */
    async raiseLog(level: string, minutes: number, caller: Caller): Promise<LogLevel> {
      const until = new Date(clock.now().getTime() + minutes * 60_000).toISOString();
      await transaction(db, async (tx) => {
        await audit.record(tx, { actor: caller, action: 'system.log_level', details: { level, minutes } });
        await repository.announce(tx, levels.name, JSON.stringify({ level, until }));
      });
      setLevel({ level, until });
      return { level, until };
    },

    /** On which others hear of it. Whoever was away meanwhile keeps its level. */
    levels,
  };
}
