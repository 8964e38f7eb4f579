#!/usr/bin/env bash
# Expected: BYYEARDAY=1,2,3,4,5,6,7;BYDAY=MO in a yearly rule gives the first Monday of each year.
#   Beside BYYEARDAY the weekday limits the set: a day must be in both lists.
# Source: RFC 5545 section 3.3.10, table of the BYxxx parts, note 2.
# Version: rrule-temporal 2.2.8. rrule 2.8.1 reads the same rule.
# Seen: from the second year on rrule-temporal gives each of the seven days, whatever weekday it is.
#   1 and 2 January 2031 are a Wednesday and a Thursday.
#   Seen output: rrule-temporal 2030-01-07 2031-01-01 2031-01-02 | rrule 2030-01-07 2031-01-06 2032-01-05
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund rrule-temporal@2.2.8 rrule@2.8.1

cat >run.mjs <<'JS'
import rrule from 'rrule'
import { RRuleTemporal } from 'rrule-temporal'

const rule = 'FREQ=YEARLY;BYYEARDAY=1,2,3,4,5,6,7;BYDAY=MO;COUNT=3'
const rruleString = `DTSTART:20300107T090000Z\nRRULE:${rule}`
const first = new RRuleTemporal({ rruleString }).all().map((date) => date.toString().slice(0, 10))
const second = rrule.rrulestr(rruleString).all().map((date) => date.toISOString().slice(0, 10))
console.log(`rrule-temporal ${first.join(' ')} | rrule ${second.join(' ')}`)
JS

want='rrule-temporal 2030-01-07 2031-01-01 2031-01-02 | rrule 2030-01-07 2031-01-06 2032-01-05'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
