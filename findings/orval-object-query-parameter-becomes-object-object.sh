#!/usr/bin/env bash
# Expected: a query parameter with an object schema and no style is sent as one pair for each
#   property, city=Nukus&floor=2, because its default is style form with explode true.
# Source: OpenAPI Specification 3.1.0, Parameter Object (style, explode, style examples). The README
#   of orval says that it takes any valid OpenAPI v3 document.
# Version: orval 8.38.0, with its fetch client.
# Seen: the generated function writes the text of a JavaScript object. orval ends with success and
#   prints no warning. An array without a style is sent as the specification says.
#   Seen output: /visits?ids=a&ids=b&place=%5Bobject+Object%5D
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund orval@8.38.0

cat >openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Visits", "version": "1.0.0" },
  "paths": {
    "/visits": {
      "get": {
        "operationId": "listVisits",
        "parameters": [
          { "name": "ids", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
          { "name": "place", "in": "query", "schema": { "type": "object",
            "properties": { "city": { "type": "string" }, "floor": { "type": "integer" } } } }
        ],
        "responses": { "204": { "description": "Nothing." } }
      }
    }
  }
}
JSON
node_modules/.bin/orval --input openapi.json --output client.ts --client fetch >orval.log 2>&1

cat >run.mjs <<'JS'
import { getListVisitsUrl } from './client.ts'

console.log(getListVisitsUrl({ ids: ['a', 'b'], place: { city: 'Nukus', floor: 2 } }))
JS

want='/visits?ids=a&ids=b&place=%5Bobject+Object%5D'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
