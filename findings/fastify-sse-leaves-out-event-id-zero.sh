#!/usr/bin/env bash
# Expected: an event with id 0 is sent with the line "id: 0", so that a client that lost the
#   connection names it in Last-Event-ID.
# Source: the README of @fastify/sse, whose example of a generator counts its ids from 0; WHATWG HTML
#   section 9.2.6 (the id is any text without U+0000).
# Version: @fastify/sse 0.6.0, fastify 5.12.8.
# Seen: the number 0 is taken as no id. The event is sent without the line, the next one has it. The
#   text "0" is sent. A retry of 0 is left out in the same way.
#   Seen output: data: "x" | id: 1, data: "x" | id: 0, data: "x" | data: "y" | data: "z", retry: 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @fastify/sse@0.6.0 fastify@5.12.8

cat >run.mjs <<'JS'
import fastifySse from '@fastify/sse'
import fastify from 'fastify'

const app = fastify()
await app.register(fastifySse)
app.get('/events', { sse: true }, async (request, reply) => {
  for (const id of [0, 1, '0']) await reply.sse.send({ id, data: 'x' })
  await reply.sse.send({ retry: 0, data: 'y' })
  await reply.sse.send({ retry: 1, data: 'z' })
})
const answer = await app.inject({ url: '/events', headers: { accept: 'text/event-stream' } })
await app.close()
console.log(answer.body.trim().split('\n\n').map((part) => part.replaceAll('\n', ', ')).join(' | '))
JS

want='data: "x" | id: 1, data: "x" | id: 0, data: "x" | data: "y" | data: "z", retry: 1'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
