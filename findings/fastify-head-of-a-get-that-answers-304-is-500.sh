#!/usr/bin/env bash
# Expected: a HEAD is answered with the status that the GET has (RFC 9110 section 9.3.2). An onSend
#   hook may clear the payload with null, as the example with 304 in the documentation does.
# Source: Fastify documentation, Reference/Hooks, "onSend"; Reference/Server, "exposeHeadRoutes";
#   a repair is proposed in fastify/fastify, pull request 6978.
# Version: fastify 5.12.8.
# Seen: the GET is 304. The HEAD that Fastify makes of the same route is 500: its own hook comes
#   last, takes null for a stream and raises a TypeError. A hook that leaves the payload is 304.
#   Seen output: GET 304, HEAD 500 | payload left: GET 304, HEAD 304
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund fastify@5.12.8

cat >run.mjs <<'JS'
import Fastify from 'fastify'

async function ask(payloadOf) {
  const app = Fastify()
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode !== 200) return payload
    reply.code(304)
    return payloadOf(request, payload)
  })
  app.get('/visits', async () => 'nothing has changed')
  const seen = []
  for (const method of ['GET', 'HEAD']) {
    const { statusCode } = await app.inject({ method, url: '/visits' })
    seen.push(`${method} ${statusCode}`)
  }
  await app.close()
  return seen.join(', ')
}

const cleared = await ask(() => null)
const left = await ask(({ method }, payload) => (method === 'HEAD' ? payload : null))
console.log(`${cleared} | payload left: ${left}`)
JS

want='GET 304, HEAD 500 | payload left: GET 304, HEAD 304'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
