#!/usr/bin/env bash
# Expected: the page /docs/?lang=uz loads the OpenAPI document from /docs/json. A query does not
#   change the path of a page, and a relative reference replaces the query of its base.
# Source: RFC 3986 section 5.2.2 (resolution of a relative reference). The README of
#   @fastify/swagger-ui says that the JSON document is served under the route prefix.
# Version: @fastify/swagger-ui 6.1.3, @fastify/swagger 9.9.3, fastify 5.12.8.
# Seen: the script of the page joins the text of its own address, the query and "./json". The
#   browser asks for /docs/?lang=uz/./json, which answers the HTML page again. No document is found.
#   Seen output: /docs/ => application/json | /docs/?lang=uz => text/html
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund fastify@5.12.8 @fastify/swagger@9.9.3 @fastify/swagger-ui@6.1.3

cat >run.mjs <<'JS'
import vm from 'node:vm'
import Fastify from 'fastify'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'

const origin = 'http://api.example'
const app = Fastify()
await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Visits', version: '1.0.0' } } })
await app.register(swaggerUi, { routePrefix: '/docs' })
const script = (await app.inject('/docs/static/swagger-initializer.js')).body

// Runs the script of the page as a browser would, and returns the address of the document.
function documentAddress(page) {
  let kept
  class Anchor {
    set href(text) { this.address = new URL(text, page).href }
    get href() { return this.address }
    appendChild() {}
  }
  const bundle = (config) => { kept = config; return { initOAuth() {} } }
  Object.assign(bundle, { presets: {}, plugins: {} })
  const document = { createElement: () => new Anchor(), querySelector: () => new Anchor(), body: {} }
  const window = { location: { href: page } }
  vm.runInNewContext(script, { window, document, SwaggerUIBundle: bundle, SwaggerUIStandalonePreset: {} })
  window.onload()
  return kept.url
}

const lines = []
for (const path of ['/docs/', '/docs/?lang=uz']) {
  const answer = await app.inject(documentAddress(origin + path).slice(origin.length))
  lines.push(`${path} => ${answer.headers['content-type'].split(';')[0]}`)
}
console.log(lines.join(' | '))
JS

want='/docs/ => application/json | /docs/?lang=uz => text/html'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
