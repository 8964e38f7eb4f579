#!/usr/bin/env bash
# Expected: a query parameter "filter" with style deepObject and the properties from and to becomes
#   filter[from] and filter[to] in the request.
# Source: OpenAPI Specification 3.1.0, Parameter Object, style examples (deepObject:
#   color[R]=100&color[G]=200&color[B]=150).
# Version: @usebruno/converters 0.23.0.
# Seen: the request gets the parameters "from" and "to". The name "filter" is lost. Two deepObject
#   parameters with the same properties become four parameters with two names.
#   Seen output: from, to, from, to
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @usebruno/converters@0.23.0

cat >run.mjs <<'JS'
import { openApiToBruno } from '@usebruno/converters'

const range = { type: 'object', properties: { from: { type: 'string' }, to: { type: 'string' } } }
const parameter = (name) => ({ name, in: 'query', style: 'deepObject', explode: true, schema: range })
const collection = await openApiToBruno({
  openapi: '3.1.0',
  info: { title: 'Visits', version: '1.0.0' },
  servers: [{ url: 'https://api.example' }],
  paths: {
    '/visits': {
      get: {
        operationId: 'listVisits',
        parameters: [parameter('filter'), parameter('created')],
        responses: { 204: { description: 'Nothing.' } },
      },
    },
  },
})
console.log(collection.items[0].request.params.map((one) => one.name).join(', '))
JS

want='from, to, from, to'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
