#!/usr/bin/env bash
# Expected: a yearly rule that begins on 29 February gives a date in leap years only. A date that does
#   not exist is left out and is not counted.
# Source: RFC 5545 section 3.3.10 (an instance with an invalid date is ignored and is not counted).
# Version: ical.js 2.2.1.
# Seen: FREQ=YEARLY alone gives 1 March in each other year, and counts it. The same rule with BYMONTH=2
#   and BYMONTHDAY=29 is right.
#   Seen output: yearly: 2028-02-29 2029-03-01 2030-03-01 | day named: 2028-02-29 2032-02-29 2036-02-29
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund ical.js@2.2.1

cat >run.mjs <<'JS'
import ICAL from 'ical.js'

function dates(start, rule) {
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(start))
  const found = []
  for (let date = iterator.next(); date; date = iterator.next()) found.push(date.toString().slice(0, 10))
  return found.join(' ')
}

const yearly = dates('2028-02-29T09:00:00', 'FREQ=YEARLY;COUNT=3')
const named = dates('2028-02-29T09:00:00', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3')
console.log(`yearly: ${yearly} | day named: ${named}`)
JS

want='yearly: 2028-02-29 2029-03-01 2030-03-01 | day named: 2028-02-29 2032-02-29 2036-02-29'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
