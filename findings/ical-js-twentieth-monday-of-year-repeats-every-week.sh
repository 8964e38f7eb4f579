#!/usr/bin/env bash
# Expected: FREQ=YEARLY;BYDAY=20MO gives one date a year: 19 May 1997, 18 May 1998, 17 May 1999.
# Source: RFC 5545 section 3.8.5.3, the example of the 20th Monday of the year; section 3.3.10, BYDAY.
# Version: ical.js 2.2.1. rrule 2.8.1 reads the same rule.
# Seen: ical.js takes the number as if it were not there, and gives every Monday that follows. It
#   reports no error. rrule gives the dates of the RFC.
#   Seen output: ical.js 1997-05-19 1997-05-26 1997-06-02 | rrule 1997-05-19 1998-05-18 1999-05-17
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund ical.js@2.2.1 rrule@2.8.1

cat >run.mjs <<'JS'
import ICAL from 'ical.js'
import rrule from 'rrule'

const rule = 'FREQ=YEARLY;BYDAY=20MO;COUNT=3'
const start = ICAL.Time.fromDateTimeString('1997-05-19T09:00:00')
const iterator = ICAL.Recur.fromString(rule).iterator(start)
const first = []
for (let date = iterator.next(); date; date = iterator.next()) first.push(date.toString().slice(0, 10))
const all = rrule.rrulestr(`DTSTART:19970519T090000Z\nRRULE:${rule}`).all()
const second = all.map((date) => date.toISOString().slice(0, 10))
console.log(`ical.js ${first.join(' ')} | rrule ${second.join(' ')}`)
JS

want='ical.js 1997-05-19 1997-05-26 1997-06-02 | rrule 1997-05-19 1998-05-18 1999-05-17'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
