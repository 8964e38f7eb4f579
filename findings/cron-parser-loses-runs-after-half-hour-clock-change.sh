#!/usr/bin/env bash
# Expected: a job of every quarter of an hour runs every quarter of an hour also on the day on which
#   the clocks of Lord Howe Island go from 02:00 to 02:30 (15:30 UTC). 02:30 and 02:45 exist there.
# Source: the README of cron-parser, Timezone Support (changes of summer time are handled correctly).
# Version: cron-parser 5.10.6. croner 11.0.1 reads the same expression.
# Seen: cron-parser goes on only at the next full hour, and two runs are lost. croner gives them. With
#   the change of a whole hour in Berlin both give the same runs.
#   Seen output: Lord Howe: 15:15 16:00 16:15 16:30, croner 15:15 15:30 15:45 16:00 | Berlin: same
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund cron-parser@5.10.6 croner@11.0.1

cat >run.mjs <<'JS'
import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'

function read(tz, from) {
  const currentDate = new Date(from)
  const runs = CronExpressionParser.parse('*/15 * * * *', { tz, currentDate })
  const first = [1, 2, 3, 4].map(() => runs.next().toDate())
  const second = new Cron('*/15 * * * *', { timezone: tz }).nextRuns(4, currentDate)
  return [first, second].map((all) => all.map((date) => date.toISOString().slice(11, 16)).join(' '))
}

const [first, second] = read('Australia/Lord_Howe', '2026-10-03T15:00:00Z')
const [third, fourth] = read('Europe/Berlin', '2026-03-29T00:30:00Z')
console.log(`Lord Howe: ${first}, croner ${second} | Berlin: ${third === fourth ? 'same' : 'different'}`)
JS

want='Lord Howe: 15:15 16:00 16:15 16:30, croner 15:15 15:30 15:45 16:00 | Berlin: same'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
