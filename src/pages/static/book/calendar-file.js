import { branchOf, clinic } from '../shared/clinic.js';
import { personName, wallOf } from '../shared/text.js';

/** A visit as a calendar file (RFC 5545), made here from what the API says of it. */

const encoder = new TextEncoder();

/** Lines of at most 75 bytes, never cut within a character (section 3.1). */
function folded(line) {
  const lines = [''];
  let bytes = 0;
  for (const sign of line) {
    const size = encoder.encode(sign).length;
    if (bytes + size > 74) {
      lines.push(' ');
      bytes = 1;
    }
    lines[lines.length - 1] += sign;
    bytes += size;
  }
  return lines.join('\r\n');
}

const escaped = (text) => text.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');

/** When the clinic's clock shows a time: a guess, and what it is off by. */
function instantOf(date, time) {
  // 24:00 is the next day's midnight, which this format names so too.
  const wanted = Date.parse(`${date}T${time}:00Z`);
  let instant = wanted;
  for (let tried = 0; tried < 2; tried += 1) {
    const wall = wallOf(instant, clinic().time_zone);
    instant += wanted - Date.parse(`${wall.date}T${wall.time}:00Z`);
  }
  return instant;
}

const stamp = (instant) => new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, '');

const STATUS = { pending: 'TENTATIVE', confirmed: 'CONFIRMED', cancelled: 'CANCELLED', expired: 'CANCELLED' };

/** @returns the text of the file */
export function calendarOf(visit, title) {
  const { id, version, date, start_time, end_time, doctor, status } = visit;
  const place = branchOf(visit.branch);
  const where = [place?.name ?? clinic().name, place?.address].filter(Boolean).join(', ');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//clinic-booking//book//EN',
    'BEGIN:VEVENT',
    `UID:visit-${id}@${location.hostname}`,
    `SEQUENCE:${version}`,
    `DTSTAMP:${stamp(Date.parse(visit.updated_at))}`,
    `DTSTART:${stamp(instantOf(date, start_time))}`,
    `DTEND:${stamp(instantOf(date, end_time))}`,
    `SUMMARY:${escaped(`${title}: ${personName(doctor)}`)}`,
    `LOCATION:${escaped(where)}`,
    `STATUS:${STATUS[status]}`,
    'CLASS:PRIVATE',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
    .map(folded)
    .join('\r\n');
}
