import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';

/** The rules of deploy/monitoring, each by what fires it and by what doesn't, judged by Prometheus' own promtool. */

const folder = resolve(import.meta.dirname, '../../deploy/monitoring');
const file = join(folder, 'alerts.yaml');

interface Rule {
  alert: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}
const rules: Rule[] = parse(readFileSync(file, 'utf8')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);

type Series = Record<string, string>;
/** Two hours of a series, a value a minute: `0+6x120` grows by six each minute. */
const steady = (value: number) => `${value}+0x120`;
const growing = (each: number) => `0+${each}x120`;
const infinite = '+Inf '.repeat(120).trim();

/** What fires each rule, what is close to it and doesn't, and the labels that the alert then has. */
const cases: Record<string, { fires: Series; quiet: Series; labels?: Record<string, string> }> = {
  ClinicDown: {
    fires: { 'up{job="clinic",instance="a"}': steady(0) },
    quiet: { 'up{job="clinic",instance="a"}': steady(1), 'up{job="other"}': steady(0) },
    labels: { job: 'clinic', instance: 'a' },
  },
  ClinicGone: { fires: {}, quiet: { 'up{job="clinic"}': steady(0) }, labels: { job: 'clinic' } },
  DatabaseAway: { fires: { clinic_database_up: steady(0) }, quiet: { clinic_database_up: steady(1) } },
  RequestsFail: {
    fires: {
      'clinic_request_seconds_count{status="5xx"}': growing(10),
      'clinic_request_seconds_count{status="2xx"}': growing(90),
    },
    quiet: {
      'clinic_request_seconds_count{status="5xx"}': growing(4),
      'clinic_request_seconds_count{status="2xx"}': growing(96),
    },
  },
  NobodyBooks: {
    fires: {
      'clinic_request_seconds_count{route="/api/appointments/",method="POST",status="5xx"}': growing(5),
      'clinic_bookings_total{by="booking"}': steady(40),
    },
    quiet: {
      'clinic_request_seconds_count{route="/api/appointments/",method="POST",status="5xx"}': growing(5),
      'clinic_bookings_total{by="booking"}': growing(1),
    },
  },
  ArchiveFails: {
    fires: { clinic_archive_failing: steady(1) },
    quiet: { clinic_archive_failing: steady(0) },
  },
  ArchiveOff: {
    fires: { clinic_archive_off: steady(1) },
    quiet: { clinic_archive_off: steady(0) },
  },
  MessagesWait: {
    fires: { 'clinic_messages_oldest_seconds{channel="sms"}': steady(1_801) },
    quiet: { 'clinic_messages_oldest_seconds{channel="sms"}': steady(1_799) },
    labels: { channel: 'sms' },
  },
  JobsWait: {
    fires: { clinic_jobs_oldest_seconds: steady(901) },
    quiet: { clinic_jobs_oldest_seconds: steady(899) },
  },
  ReaderBehind: {
    fires: { 'clinic_reader_seconds{reader="history"}': steady(601) },
    quiet: { 'clinic_reader_seconds{reader="history"}': steady(599) },
    labels: { reader: 'history' },
  },
  EventsSetAside: {
    fires: { 'clinic_reader_set_aside{reader="history"}': steady(1) },
    quiet: { 'clinic_reader_set_aside{reader="history"}': steady(0) },
    labels: { reader: 'history' },
  },
  BackupOld: {
    // One that never was is infinitely old.
    fires: { clinic_backup_age_seconds: infinite },
    quiet: { clinic_backup_age_seconds: steady(29 * 3_600) },
  },
  RehearsalFailed: { fires: { clinic_rehearsal_ok: steady(0) }, quiet: { clinic_rehearsal_ok: steady(1) } },
  RehearsalOld: {
    fires: { clinic_rehearsal_age_seconds: steady(10 * 86_400) },
    quiet: { clinic_rehearsal_age_seconds: steady(8 * 86_400) },
  },
  ReplicaBehind: {
    fires: { 'clinic_replica_lag_seconds{replica="two"}': steady(61) },
    quiet: { 'clinic_replica_lag_seconds{replica="two"}': steady(59) },
    labels: { replica: 'two' },
  },
  NoSynchronousStandby: {
    fires: { 'patroni_sync_standby{name="a"}': steady(0), 'patroni_sync_standby{name="b"}': steady(0) },
    quiet: { 'patroni_sync_standby{name="a"}': steady(0), 'patroni_sync_standby{name="b"}': steady(1) },
  },
  JobsDead: { fires: { clinic_jobs_dead: steady(1) }, quiet: { clinic_jobs_dead: steady(0) } },
  MessagesFailed: {
    fires: { clinic_messages_failed: steady(21) },
    quiet: { clinic_messages_failed: steady(20) },
  },
  Overloaded: {
    fires: { 'clinic_refusals_total{code="overloaded"}': growing(120) },
    quiet: {
      'clinic_refusals_total{code="overloaded"}': growing(30),
      'clinic_refusals_total{code="slot_taken"}': growing(900),
    },
  },
  ConnectionsShort: {
    fires: { clinic_database_connections: steady(180), clinic_database_connections_max: steady(200) },
    quiet: { clinic_database_connections: steady(150), clinic_database_connections_max: steady(200) },
  },
};

const hasPromtool = (() => {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test('each alert is tried by what fires it and by what does not', () => {
  expect(rules.map(({ alert }) => alert).sort()).toEqual(Object.keys(cases).sort());
});

test('each alert says whether it wakes somebody, and leads to its place in operations.md', () => {
  const page = readFileSync(resolve(folder, '../../docs/operations.md'), 'utf8');
  for (const { alert, labels, annotations } of rules) {
    expect(['page', 'ticket'], alert).toContain(labels.severity);
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(page, alert).toMatch(new RegExp(`^### ${alert}$`, 'm'));
  }
});

test('what a runbook looks for in the log is what the log says', () => {
  const root = resolve(folder, '../..');
  /** What stands in the calls of the log, and in those of the job queue's own, whose lines the log takes over. */
  const said = [
    ...globSync('src/**/*.ts', { cwd: root }).map((path) => join(root, path)),
    join(root, 'node_modules/graphile-worker/dist/worker.js'),
  ]
    .flatMap(
      (path) => readFileSync(path, 'utf8').match(/\blog(?:ger)?\.(?:debug|info|warn|error)\([^;]*/g) ?? [],
    )
    .join('\n');
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const wanted = [...page.matchAll(/journalctl [^`|]*\| grep (?:'([^']+)'|"([^"]+)"|(\S+))/g)];
  expect(wanted.length).toBeGreaterThan(5);
  for (const [line, ...patterns] of wanted) {
    const pattern = patterns.find((one) => one !== undefined) ?? '';
    // The status of an answer is a field of the line of its request.
    if (!/^"status":\d+$/.test(pattern)) expect(said, line).toContain(pattern);
  }
});

test('promtool agrees', (context) => {
  if (!hasPromtool) {
    process.stderr.write('\n*** NOT RUN: not here: promtool (apt-get install prometheus). ***\n\n');
    return context.skip('no promtool');
  }
  const dir = mkdtempSync(join(tmpdir(), 'clinic-alerts-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const tests = rules.flatMap(({ alert, labels, annotations }) => {
    const { fires, quiet, labels: own = {} } = cases[alert] ?? { fires: {}, quiet: {} };
    const said = Object.entries(annotations).map(([name, text]) => [
      name,
      text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => own[label] ?? ''),
    ]);
    const at = (series: Series, alerts: object[]) => ({
      interval: '1m',
      // A series that no rule knows, where a rule is fired by the want of one.
      input_series: Object.entries({ unrelated: steady(1), ...series }).map(([name, values]) => ({
        series: name,
        values,
      })),
      alert_rule_test: [{ eval_time: '110m', alertname: alert, exp_alerts: alerts }],
    });
    const fired = { exp_labels: { ...labels, ...own }, exp_annotations: Object.fromEntries(said) };
    return [at(fires, [fired]), at(quiet, [])];
  });
  const path = join(dir, 'tests.yaml');
  writeFileSync(path, stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
  const output = execFileSync('promtool', ['test', 'rules', path], { encoding: 'utf8' });
  expect(output).toContain('SUCCESS');
  expect(
    execFileSync('promtool', ['check', 'config', join(folder, 'prometheus.yaml')], { encoding: 'utf8' }),
  ).toContain('SUCCESS');
});
