#!/usr/bin/env bash
# Expected: 09:00 with TZID=Clinic is 04:00 UTC on every computer, because the file itself defines
#   Clinic as UTC+5. A TZID names the VTIMEZONE of the same file.
# Source: RFC 5545 sections 3.2.19 and 3.6.5.
# Version: node-ical 0.27.2.
# Seen: the library looks Clinic up in its own lists of zones, does not find it, and takes the zone of
#   the computer instead. For a floating time, which has no TZID, it does use the same VTIMEZONE.
#   Seen output: UTC: TZID=Clinic 09:00, no TZID 04:00 | America/New_York: TZID=Clinic 13:00, no TZID 04:00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund node-ical@0.27.2

cat >run.mjs <<'JS'
import ical from 'node-ical'

function start(parameter) {
  const text = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//clinic//EN',
    'BEGIN:VTIMEZONE', 'TZID:Clinic', 'BEGIN:STANDARD', 'DTSTART:19700101T000000',
    'TZOFFSETFROM:+0500', 'TZOFFSETTO:+0500', 'END:STANDARD', 'END:VTIMEZONE',
    'BEGIN:VEVENT', 'UID:visit-1', 'DTSTAMP:20300501T080000Z',
    `DTSTART${parameter}:20300506T090000`, 'SUMMARY:Visit', 'END:VEVENT', 'END:VCALENDAR', '',
  ].join('\r\n')
  const event = Object.values(ical.sync.parseICS(text)).find((part) => part.type === 'VEVENT')
  return event.start.toISOString().slice(11, 16)
}

console.log(`${process.env.TZ}: TZID=Clinic ${start(';TZID=Clinic')}, no TZID ${start('')}`)
JS

want='UTC: TZID=Clinic 09:00, no TZID 04:00 | America/New_York: TZID=Clinic 13:00, no TZID 04:00'
utc=$(TZ=UTC node --no-warnings run.mjs 2>&1) || true
seen="$utc | $(TZ=America/New_York node --no-warnings run.mjs 2>&1)" || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
