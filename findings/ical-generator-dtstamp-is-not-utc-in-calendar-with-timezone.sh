#!/usr/bin/env bash
# Expected: DTSTAMP, CREATED and LAST-MODIFIED end with Z in every calendar. They are moments of the
#   file, not times of the visit. RFC 5545 allows only the UTC format for them.
# Source: RFC 5545 sections 3.8.7.1, 3.8.7.2 and 3.8.7.3. The README says that a given time is taken as
#   local time once a time zone is set. It says nothing of these three.
# Version: ical-generator 11.1.2.
# Seen: with a time zone of the calendar all three lose their Z, also a DTSTAMP that the library sets by
#   itself. A reader then takes each of them as a local time of the place where the reader is.
#   Seen output: 0501T080000Z 0501T080000Z 0501T080000Z | 0501T080000 0501T080000 0501T080000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund ical-generator@11.1.2

cat >run.mjs <<'JS'
import ical from 'ical-generator'

const moment = new Date('2030-05-01T08:00:00Z')
const start = new Date('2030-05-06T04:00:00Z')
const lines = []
for (const timezone of [undefined, 'Asia/Tashkent']) {
  const calendar = ical({ timezone })
  const times = { stamp: moment, created: moment, lastModified: moment, start }
  calendar.createEvent({ id: 'visit-1', summary: 'Visit', ...times })
  const text = calendar.toString()
  const values = ['DTSTAMP', 'CREATED', 'LAST-MODIFIED'].map((name) => {
    return text.match(new RegExp(`^${name}:2030(.*)`, 'm'))[1]
  })
  lines.push(values.join(' '))
}
console.log(lines.join(' | '))
JS

want='0501T080000Z 0501T080000Z 0501T080000Z | 0501T080000 0501T080000 0501T080000'
seen=$(TZ=UTC node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
