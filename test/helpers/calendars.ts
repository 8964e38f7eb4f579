import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ICAL from 'ical.js';
import { hasPython, pythonJson } from './python.ts';

/** Programs of others that read calendars: what they understand is what was meant, or it was not said. */

/** An event as a reader understands it. */
export interface ReadEvent {
  uid: string;
  sequence: number;
  status: string;
  class: string;
  summary: string;
  location: string;
  description: string;
  /** ISO 8601, UTC. */
  start: string;
  end: string;
}
export interface ReadCalendar {
  name: string;
  method: string;
  events: ReadEvent[];
}
type Reader = (text: string) => ReadCalendar;

const text = (value: unknown) => (value === undefined || value === null ? '' : String(value));

function withIcalJs(file: string): ReadCalendar {
  const calendar = new ICAL.Component(ICAL.parse(file));
  const events = calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      sequence: event.sequence,
      status: text(component.getFirstPropertyValue('status')),
      class: text(component.getFirstPropertyValue('class')),
      summary: event.summary,
      location: text(event.location),
      description: text(event.description),
      start: event.startDate.toJSDate().toISOString(),
      end: event.endDate.toJSDate().toISOString(),
    };
  });
  return {
    name: text(calendar.getFirstPropertyValue('name')),
    method: text(calendar.getFirstPropertyValue('method')),
    events,
  };
}

interface NodeIcalEvent {
  type: string;
  uid: string;
  sequence?: string | number;
  status?: string;
  class?: string;
  summary?: string;
  location?: string;
  description?: string;
  start: Date;
  end: Date;
  method?: string;
}

function withNodeIcal(file: string): ReadCalendar {
  const nodeIcal = createRequire(import.meta.url)('node-ical');
  const read = nodeIcal.sync.parseICS(file) as Record<string, unknown>;
  const { name, method } = (read.vcalendar ?? {}) as Record<string, string>;
  const events = (Object.values(read) as NodeIcalEvent[])
    .filter(({ type }) => type === 'VEVENT')
    .map((event) => ({
      uid: event.uid,
      sequence: Number(event.sequence),
      status: text(event.status),
      class: text(event.class),
      summary: text(event.summary),
      location: text(event.location),
      description: text(event.description),
      start: event.start.toISOString(),
      end: event.end.toISOString(),
    }));
  return { name: text(name), method: text(method), events };
}

/** Debian's python3-icalendar. */
const SCRIPT = `
import sys, json
from datetime import timezone
from icalendar import Calendar
cal = Calendar.from_ical(sys.stdin.buffer.read())
t = lambda c, k: str(c.get(k, ''))
iso = lambda v: v.dt.astimezone(timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.000Z')
print(json.dumps({'name': t(cal, 'NAME'), 'method': t(cal, 'METHOD'), 'events': [{
  'uid': t(e, 'UID'), 'sequence': int(e['SEQUENCE']), 'status': t(e, 'STATUS'), 'class': t(e, 'CLASS'),
  'summary': t(e, 'SUMMARY'), 'location': t(e, 'LOCATION'), 'description': t(e, 'DESCRIPTION'),
  'start': iso(e['DTSTART']), 'end': iso(e['DTEND'])} for e in cal.walk('VEVENT')]}))
`;

const withPython: Reader = (file) => pythonJson(SCRIPT, file) as ReadCalendar;

const hasPythonIcalendar = hasPython('icalendar', 'calendars are not read by python3-icalendar');
export const hasKhal = spawnSync('khal', ['--version']).status === 0;
if (!hasKhal)
  process.stderr.write('NOT RUN: calendars are not read by khal (Debian: apt-get install khal)\n');

export const readers: [name: string, read: Reader][] = [
  ['ical.js', withIcalJs],
  ['node-ical', withNodeIcal],
  ...(hasPythonIcalendar ? ([['python3-icalendar', withPython]] as [string, Reader][]) : []),
];

/** The agenda that khal shows of a file, in a zone: a line an event, \`start|end|title\`. */
export function khalList(file: string, zone: string, [from, days]: [string, string]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'khal-'));
  try {
    const config = join(folder, 'config');
    const calendar = join(folder, 'calendar');
    writeFileSync(join(folder, 'visits.ics'), file);
    writeFileSync(
      config,
      `[calendars]\n[[visits]]\npath = ${calendar}\n[locale]\nlocal_timezone = ${zone}\ndefault_timezone = ${zone}\n` +
        'timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n' +
        `longdatetimeformat = %Y-%m-%d %H:%M\n[sqlite]\npath = ${join(folder, 'khal.db')}\n`,
    );
    const khal = (...args: string[]) => {
      const env = { ...process.env, LC_ALL: 'C.UTF-8', HOME: folder };
      const ran = spawnSync('khal', ['-c', config, ...args], { encoding: 'utf8', env });
      if (ran.status !== 0) throw new Error(ran.stderr);
      return ran.stdout;
    };
    khal('import', '--batch', '-a', 'visits', join(folder, 'visits.ics'));
    const format = '{start-long}|{end-long}|{title}';
    return khal('list', '--day-format', '', '--format', format, from, days)
      .trim()
      .split('\n')
      .filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The lines of a file that are longer than RFC 5545 lets them be, or end otherwise. */
export function badLines(file: string): string[] {
  const lines = file.split('\r\n');
  const last = lines.pop();
  return [
    ...(last === '' ? [] : ['the last line does not end']),
    ...lines.filter((line) => Buffer.byteLength(line) > 75 || /[\r\n]/.test(line) || !line.isWellFormed()),
  ];
}
