#!/usr/bin/env bash
# Expected: the array [1, "noon"] is valid for prefixItems [integer, string] with items false. In
#   JSON Schema 2020-12 items speaks only of the elements behind those of prefixItems.
# Source: JSON Schema 2020-12 Core sections 10.3.1.1 and 10.3.1.2; OpenAPI Specification 3.1.0,
#   Schema Object (a superset of JSON Schema 2020-12). Prism's README names OpenAPI v3.1 as supported.
# Version: Prism 5.16.0 (@stoplight/prism-http-server). ajv 8.20.0 (2020-12) checks the same value.
# Seen: Prism's mock server applies items false to the elements of prefixItems too, and answers 422.
#   Without items false it takes the same array.
#   Seen output: items left out: ajv valid, prism 204 | items false: ajv valid, prism 422
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true,"scarfSettings":{"enabled":false}}' >package.json
npm install --silent --no-audit --no-fund @stoplight/prism-http-server@5.16.0 \
  @stoplight/prism-http@5.16.0 @stoplight/prism-core@5.16.0 ajv@8.20.0

cat >run.mjs <<'JS'
import { writeFileSync } from 'node:fs'
import prismCore from '@stoplight/prism-core'
import prismHttp from '@stoplight/prism-http'
import prismServer from '@stoplight/prism-http-server'
import Ajv from 'ajv/dist/2020.js'

const visit = [1, 'noon']
const pair = { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] }
const schemas = { 'items left out': pair, 'items false': { ...pair, items: false } }
const check = new Ajv.default({ strict: false })
const logger = prismCore.createLogger('test', { enabled: false })
const config = { checkSecurity: true, validateRequest: true, validateResponse: true, errors: false,
  isProxy: false, mock: { dynamic: false } }

const lines = []
for (const [name, schema] of Object.entries(schemas)) {
  const requestBody = { required: true, content: { 'application/json': { schema } } }
  const paths = { '/visits': { post: { requestBody, responses: { 204: { description: 'Done.' } } } } }
  const document = { openapi: '3.1.0', info: { title: 'Visits', version: '1.0.0' }, paths }
  writeFileSync('openapi.json', JSON.stringify(document))
  const operations = await prismHttp.getHttpOperationsFromSpec('openapi.json')
  const server = prismServer.createServer(operations, { components: { logger }, cors: false, config })
  const address = await server.listen(0, '127.0.0.1')
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const answer = await fetch(`${address}/visits`, { method: 'POST', headers, body: JSON.stringify(visit) })
  await server.close()
  const verdict = check.validate(schema, visit) ? 'valid' : 'invalid'
  lines.push(`${name}: ajv ${verdict}, prism ${answer.status}`)
}
console.log(lines.join(' | '))
JS

want='items left out: ajv valid, prism 204 | items false: ajv valid, prism 422'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
