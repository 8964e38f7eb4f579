#!/usr/bin/env bash
# Expected: Fastify adds charset=utf-8 to a JSON content type and leaves the other parameters as
#   they are. A double quote inside a quoted string needs a backslash before it.
# Source: Fastify's Reply reference, .type() (a JSON subtype without a charset gets utf-8);
#   RFC 9110 section 5.6.4 (quoted-string and quoted-pair) and section 5.6.6 (parameters).
# Version: fastify 5.12.8.
# Seen: Fastify writes the whole value anew. The backslash is lost, so the header is no valid media
#   type any more, and Node's MIMEType reads "room " as the title. The same parameter of text/csv
#   stays as it was given, and there the title is read as: room "A".
#   Seen output: text/csv; title="room \"A\"" => room "A"
#   Seen output: application/json; title="room "A""; charset=utf-8 => room
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund fastify@5.12.8

cat >run.mjs <<'JS'
import { MIMEType } from 'node:util'
import Fastify from 'fastify'

const parameter = String.raw`title="room \"A\""`
const app = Fastify()
app.get('/csv', (request, reply) => reply.type(`text/csv; ${parameter}`).send('a,b'))
app.get('/json', (request, reply) => reply.type(`application/json; ${parameter}`).send({ ok: true }))

for (const path of ['/csv', '/json']) {
  const header = (await app.inject(path)).headers['content-type']
  console.log(`${header} => ${new MIMEType(header).params.get('title').trim()}`)
}
JS

want='text/csv; title="room \"A\"" => room "A"
application/json; title="room "A""; charset=utf-8 => room'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
