#!/usr/bin/env bash
# Expected: a property with const is filled with that value, since no other value is valid. A
#   property with an enum of one value is filled with that value.
# Source: JSON Schema 2020-12 Validation section 6.1.3 (const has the same effect as an enum with a
#   single value). The README of openapi-to-postmanv2 says that OpenAPI 3.1 is supported.
# Version: openapi-to-postmanv2 6.3.3.
# Seen: const is not used. A const without a type becomes an empty text. A const with a type becomes
#   a placeholder of that type. The option parametersResolution does not help.
#   Seen output (Schema): {"byEnum":"open","byConst":"","byTypeAndConst":"<string>"}
#   Seen output (Example): {"byEnum":"open","byConst":"","byTypeAndConst":"string"}
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund openapi-to-postmanv2@6.3.3

cat >run.mjs <<'JS'
import { promisify } from 'node:util'
import converter from 'openapi-to-postmanv2'

const schema = {
  type: 'object',
  required: ['byEnum', 'byConst', 'byTypeAndConst'],
  properties: {
    byEnum: { type: 'string', enum: ['open'] },
    byConst: { const: 'open' },
    byTypeAndConst: { type: 'string', const: 'open' },
  },
}
const requestBody = { content: { 'application/json': { schema } } }
const operation = { operationId: 'bookVisit', requestBody, responses: { 204: { description: 'Done.' } } }
const paths = { '/visits': { post: operation } }
const data = { openapi: '3.1.0', info: { title: 'Visits', version: '1.0.0' }, paths }
const convert = promisify(converter.convertV2).bind(converter)

for (const parametersResolution of ['Schema', 'Example']) {
  const result = await convert({ type: 'json', data: structuredClone(data) }, { parametersResolution })
  const raw = JSON.stringify(result.output[0].data.item).match(/"raw":("(?:[^"\\]|\\.)*")/)[1]
  console.log(JSON.stringify(JSON.parse(JSON.parse(raw))))
}
JS

want='{"byEnum":"open","byConst":"","byTypeAndConst":"<string>"}
{"byEnum":"open","byConst":"","byTypeAndConst":"string"}'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
