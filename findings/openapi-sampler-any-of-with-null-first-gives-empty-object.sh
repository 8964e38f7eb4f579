#!/usr/bin/env bash
# Expected: the sample of an anyOf of null and string is null or a text. Both are valid, and the
#   order of the two does not matter.
# Source: the README of openapi-sampler says that anyOf is supported; JSON Schema 2020-12 Core
#   section 10.2.1.2 (a value must be valid against one of the schemas).
# Version: openapi-sampler 1.7.10. ajv 8.20.0 checks the samples.
# Seen: with null first the sample is an empty object, which no branch allows. With the string first
#   the sample is a text. The schema null alone gives null.
#   Seen output: null => null (valid) | string, null => "string" (valid) | null, string => {} (invalid)
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund openapi-sampler@1.7.10 ajv@8.20.0

cat >run.mjs <<'JS'
import { sample } from 'openapi-sampler'
import Ajv from 'ajv/dist/2020.js'

const check = new Ajv.default()
const nothing = { type: 'null' }
const text = { type: 'string' }
const schemas = {
  null: nothing,
  'string, null': { anyOf: [text, nothing] },
  'null, string': { anyOf: [nothing, text] },
}
const lines = []
for (const [name, schema] of Object.entries(schemas)) {
  const value = sample(schema)
  const verdict = check.validate(schema, value) ? 'valid' : 'invalid'
  lines.push(`${name} => ${JSON.stringify(value)} (${verdict})`)
}
console.log(lines.join(' | '))
JS

want='null => null (valid) | string, null => "string" (valid) | null, string => {} (invalid)'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
