/** Which figures become metrics. */

export interface Reading {
  name: string;
  help: string;
  labels?: Readonly<Record<string, string>>;
  value: number;
}

interface Known {
  now: Date;
  work?: object;
  channels?: readonly { channel: string; unsent: number; oldest_seconds: number }[];
  database?: {
    replicas: readonly { name: string; lag_seconds: number | null }[];
    archives: boolean;
    archive_failed: string | null;
    connections: number;
    connections_max: number;
  };
  readers?: readonly {
    reader: string;
    events: number;
    seconds: number;
    troubled: number;
    set_aside: number;
  }[];
  backups: { backed_up_at: string | null; rehearsal: { at: string; ok: boolean } | null } | undefined;
}

/** Seconds since then; null where it never was. */
export const ageOf = (at: string | null | undefined, now: Date): number | null =>
  at ? Math.max(0, (now.getTime() - Date.parse(at)) / 1_000) : null;

/** What each figure of the clinic's work means. */
const WORK: Readonly<Record<string, string>> = {
  holds_live: 'Slots that patients hold',
  holds_lapsed: 'Holds whose time is over and that nobody has cleared yet',
  offers_live: 'Slots that are offered to somebody on the waiting list',
  offers_lapsed: 'Offers whose time is over and that were not passed on yet',
  waiting: 'Wishes on the waiting list',
  messages_failed: 'Messages that wait for an admin',
  jobs_dead: 'Background jobs that were tried as often as they may be',
  jobs_due: 'Background jobs that should run now',
  jobs_oldest_seconds: 'For how long the oldest background job has waited for its turn',
};

/** A figure that is not known is left out, and what knows it is said to be away. */
export function readingsOf({ now, work, channels = [], database, readers = [], backups }: Known): Reading[] {
  const readings: Reading[] = [
    { name: 'clinic_database_up', help: 'Whether the database answered', value: database ? 1 : 0 },
  ];
  const add = (name: string, help: string, value: number | null, labels?: Record<string, string>) => {
    if (value !== null) readings.push({ name, help, value, ...(labels && { labels }) });
  };
  for (const [name, help] of Object.entries(WORK))
    add(`clinic_${name}`, help, (work as Record<string, number> | undefined)?.[name] ?? null);
  for (const { channel, unsent, oldest_seconds } of channels) {
    add('clinic_messages_unsent', 'Messages that have not left yet', unsent, { channel });
    add('clinic_messages_oldest_seconds', 'For how long the oldest of them has been due', oldest_seconds, {
      channel,
    });
  }
  for (const { reader, events, seconds, troubled, set_aside } of readers) {
    add('clinic_reader_events', 'Events that a reader of the log has not read', events, { reader });
    add('clinic_reader_seconds', 'For how long the oldest of them has waited', seconds, { reader });
    add('clinic_reader_troubled', 'Events that it failed at and tries again', troubled, { reader });
    add('clinic_reader_set_aside', 'Events that it has given up', set_aside, { reader });
  }
  if (database) {
    add('clinic_database_connections', 'Connections of all clients', database.connections);
    add('clinic_database_connections_max', 'Connections that the database allows', database.connections_max);
    add('clinic_replicas', 'Streaming replicas that are connected', database.replicas.length);
    for (const { name: replica, lag_seconds } of database.replicas)
      add('clinic_replica_lag_seconds', 'How far a replica is behind', lag_seconds ?? 0, { replica });
    const failing = database.archive_failed !== null ? 1 : 0;
    if (database.archives) add('clinic_archive_failing', 'Whether the log cannot be archived', failing);
  }
  if (backups) {
    // One that never was is infinitely old: a rule for "too old" must fire on it.
    const age = (at: string | null | undefined) => ageOf(at, now) ?? Number.POSITIVE_INFINITY;
    add('clinic_backup_age_seconds', 'Age of the newest whole backup', age(backups.backed_up_at));
    add('clinic_rehearsal_age_seconds', 'Age of the newest rehearsal', age(backups.rehearsal?.at));
    const lost = database && (database.archives ? 0 : 1);
    add('clinic_archive_off', 'Whether what comes after a backup is archived nowhere', lost ?? null);
    add('clinic_rehearsal_ok', 'Whether that rehearsal found all of it whole', backups.rehearsal?.ok ? 1 : 0);
  }
  return readings;
}
