#!/usr/bin/env bash
# Expected: FREQ=MONTHLY;BYDAY=MO,1FR gives every Monday and the first Friday of each month. BYDAY is a
#   list, and each element of it may have a number of its own.
# Source: RFC 5545 section 3.3.10, BYDAY. The README of rrule lists its differences from the RFC; this
#   is not one of them.
# Version: rrule 2.8.1. ical.js 2.2.1 reads the same rule.
# Seen: rrule asks for days that match both kinds at once, so it gives no date and no error. Each of
#   the two kinds alone gives its dates.
#   Seen output: MO: 05-06 05-13 | 1FR: 05-03 | MO,1FR: none, ical.js 05-03 05-06 05-13
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund rrule@2.8.1 ical.js@2.2.1

cat >run.mjs <<'JS'
import ICAL from 'ical.js'
import rrule from 'rrule'

function read(days) {
  const rule = `FREQ=MONTHLY;BYDAY=${days};UNTIL=20300514T090000Z`
  const all = rrule.rrulestr(`DTSTART:20300503T090000Z\nRRULE:${rule}`).all()
  return all.map((date) => date.toISOString().slice(5, 10)).join(' ') || 'none'
}

const start = ICAL.Time.fromDateTimeString('2030-05-03T09:00:00Z')
const iterator = ICAL.Recur.fromString('FREQ=MONTHLY;BYDAY=MO,1FR;COUNT=3').iterator(start)
const other = [1, 2, 3].map(() => iterator.next().toString().slice(5, 10)).join(' ')
console.log(`MO: ${read('MO')} | 1FR: ${read('1FR')} | MO,1FR: ${read('MO,1FR')}, ical.js ${other}`)
JS

want='MO: 05-06 05-13 | 1FR: 05-03 | MO,1FR: none, ical.js 05-03 05-06 05-13'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
