#!/usr/bin/env bash
# Expected: the JSON Schema of the input of z.string().trim().max(5) takes every text that zod takes.
#   The limit speaks of the trimmed text, so it cannot be a limit of the input.
# Source: Zod's documentation, JSON Schema, option io: "input" writes the input type, not the output type.
# Version: zod 4.6.7. ajv 8.20.0 (2020-12) checks the same values.
# Seen: maxLength, and also the pattern behind toLowerCase, are written as rules of the input. zod
#   takes both values, and a validator with the schema that zod wrote refuses both.
#   Seen output: trim {"type":"string","maxLength":5}: zod "Nukus", ajv invalid
#   Seen output: lower {"type":"string","pattern":"^[a-z]+$"}: zod "nukus", ajv invalid
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund zod@4.6.7 ajv@8.20.0

cat >run.mjs <<'JS'
import Ajv from 'ajv/dist/2020.js'
import { z } from 'zod'

const check = new Ajv.default()
const cases = [
  ['trim', z.string().trim().max(5), ' Nukus '],
  ['lower', z.string().toLowerCase().regex(/^[a-z]+$/), 'NUKUS'],
]
for (const [name, schema, value] of cases) {
  const { $schema, ...written } = z.toJSONSchema(schema, { io: 'input' })
  const verdict = check.validate(written, value) ? 'valid' : 'invalid'
  console.log(`${name} ${JSON.stringify(written)}: zod ${JSON.stringify(schema.parse(value))}, ajv ${verdict}`)
}
JS

want='trim {"type":"string","maxLength":5}: zod "Nukus", ajv invalid
lower {"type":"string","pattern":"^[a-z]+$"}: zod "nukus", ajv invalid'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
