#!/usr/bin/env bash
# Expected: a response under the key 4XX gives a client that is valid TypeScript. The key 4XX is
#   allowed and stands for all codes from 400 to 499.
# Source: OpenAPI Specification 3.1.0, Responses Object (patterned fields, HTTP status code ranges).
#   The README of oazapfts says that it generates TypeScript clients.
# Version: oazapfts 7.5.0. Node's own type stripper parses the result.
# Seen: oazapfts ends with success and writes the key as a number, "status: 4XX". The file cannot be
#   parsed as TypeScript. The same document with the key 404 gives a file that can be parsed.
#   Seen output: 404: status: 404, parsed | 4XX: status: 4XX, ERR_INVALID_TYPESCRIPT_SYNTAX
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund oazapfts@7.5.0

cat >run.mjs <<'JS'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

const lines = []
for (const code of ['404', '4XX']) {
  const problem = { type: 'object', properties: { title: { type: 'string' } } }
  const content = (schema) => ({ 'application/json': { schema } })
  const responses = {
    200: { description: 'The visit.', content: content({ type: 'object' }) },
    [code]: { description: 'An error.', content: content(problem) },
  }
  const paths = { '/visit': { get: { operationId: 'getVisit', responses } } }
  const document = { openapi: '3.1.0', info: { title: 'Visits', version: '1.0.0' }, paths }
  writeFileSync('openapi.json', JSON.stringify(document))
  execFileSync('node_modules/.bin/oazapfts', ['openapi.json', 'client.ts'])
  const text = readFileSync('client.ts', 'utf8')
  let result = 'parsed'
  try { stripTypeScriptTypes(text) } catch (error) { result = error.code }
  lines.push(`${code}: ${text.match(/status: 4\w+/)?.[0]}, ${result}`)
}
console.log(lines.join(' | '))
JS

want='404: status: 404, parsed | 4XX: status: 4XX, ERR_INVALID_TYPESCRIPT_SYNTAX'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
