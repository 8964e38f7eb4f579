#!/usr/bin/env bash
# Expected: an event whose JSON says "data":0 or "data":false is read with that data. The data member
#   may be any JSON value.
# Source: CloudEvents JSON Event Format 1.0.2 sections 3.1.1 and 3.1.2.
# Version: cloudevents 10.0.0.
# Seen: HTTP.toEvent gives undefined for 0 and for false, and says nothing. The number 7 is kept. The
#   same library writes 0 into the JSON that it cannot read back.
#   Seen output: written 7, read 7 | written 0, read undefined | written false, read undefined
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund cloudevents@10.0.0

cat >run.mjs <<'JS'
import cloudevents from 'cloudevents'

const { CloudEvent, HTTP } = cloudevents
const lines = []
for (const data of [7, 0, false]) {
  const time = '2030-05-06T04:00:00Z'
  const event = new CloudEvent({ id: 'visit-1', source: '/clinic', type: 'visit.moved', time, data })
  const message = HTTP.structured(event)
  const written = JSON.stringify(JSON.parse(message.body).data)
  lines.push(`written ${written}, read ${JSON.stringify(HTTP.toEvent(message).data)}`)
}
console.log(lines.join(' | '))
JS

want='written 7, read 7 | written 0, read undefined | written false, read undefined'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
