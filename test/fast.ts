import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';

/**
 * What `npm run test:fast` leaves out, and why. The rest is to take less than a minute on two cores in a quiet
 * machine. A new test is in, until it stands here.
 */
export const leftOut: readonly { why: string; files: readonly string[] }[] = [
  {
    why: 'many at once: races, the model of the clinic, crowds',
    files: ['test/races/**', 'test/model/**', 'test/overload/**', 'test/accounts/attack.test.ts'],
  },
  {
    why: 'losses: databases, connections and machines that go away',
    files: [
      'test/outage/**',
      'test/replicas/**',
      'test/{backup,cluster}/**',
      'test/{api,messages}/outage.test.ts',
      'test/api/hangup.test.ts',
    ],
  },
  {
    why: 'processes, pages in a browser and programs of others',
    files: [
      'test/process/**',
      'test/browser/**',
      'test/pages/**',
      'test/openapi/**',
      'test/bench/**',
      'test/docs/{commands,programs}.test.ts',
      'test/webhooks/{killed,many}.test.ts',
      'test/feeds/secrecy.test.ts',
      'test/messages/{worker,process,hanging,delivery}.test.ts',
      'test/messages/channels/**',
      'test/accounts/redis.test.ts',
      'test/db/{migrations,queue,reseal}.test.ts',
      'test/photos/**',
    ],
  },
  {
    why: 'figures: plans of statements, how long something takes',
    files: [
      'test/plans/**',
      'test/accounts/{timing,throttle,rate-limit}.test.ts',
      'test/{desk,scheduling}/*-plan.test.ts',
      'test/api/query-count.test.ts',
    ],
  },
  {
    why: 'every route, field and day in turn',
    files: [
      'test/api/{bad-input,access-matrix,paging,cursors,either-script,calendar-end,errors}.test.ts',
      'test/accounts/hosts.test.ts',
      'test/scheduling/{dst,statistics,export}.test.ts',
      'test/unit/calendar-end.test.ts',
    ],
  },
  {
    why: 'other files of more than two seconds',
    files: [
      'test/accounts/{contacts,passkeys,providers,refresh,reset,revocation,taking,token-keys,two-step}.test.ts',
      'test/api/{api-keys,updated-since}.test.ts',
      'test/clinic/{branches,rooms}.test.ts',
      'test/db/{transaction,upgrade}.test.ts',
      'test/desk/patients.test.ts',
      'test/messages/{invitations,kept-time,leaving,reminders,waitlist}.test.ts',
      'test/monitoring/{alerts,metrics,traces}.test.ts',
      'test/patients/{acting,families,told}.test.ts',
      'test/privacy/{approval,audit-list,audit-sign-ins,erase-me,erasure,erasure-races,export}.test.ts',
      'test/scheduling/{attendance,etag,expiry,hand-over,late-cancel,leaving,schedule,settings}.test.ts',
      'test/scheduling/{waitlist,waitlist-replaces,waitlist-turns}.test.ts',
      'test/streams/streams.test.ts',
      'test/unit/{clock,csv}.test.ts',
      'test/webhooks/receivers.test.ts',
    ],
  },
];

/** The slowest of them: whole pages, processes and machines. */
const SLOWEST = ['test/{browser,bench,pages,backup,docs,model,outage,replicas}/**'];

export const isSlow = (file: string): boolean => SLOWEST.some((glob) => matchesGlob(file, glob));

/** What is left out, as lines for whoever started the run. */
export function describeLeftOut(root: string): string {
  const count = (files: readonly string[]) =>
    globSync([...files], { cwd: root }).filter((file) => file.endsWith('.test.ts')).length;
  const all = count(['test/**/*.test.ts']);
  const out = leftOut.map(({ why, files }) => ({ why, files: count(files) }));
  const sum = out.reduce((total, { files }) => total + files, 0);
  return [
    `Of ${all} test files ${sum} are left out (test/fast.ts names them; npm test runs all):`,
    ...out.map(({ why, files }) => `  ${String(files).padStart(3)}  ${why}`),
  ].join('\n');
}
