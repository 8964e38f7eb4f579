#!/usr/bin/env bash
# Expected: a tool result that passes the SDK server's check against outputSchema also passes the
#   SDK client's check against the schema that the same server lists for the tool.
# Source: Model Context Protocol 2025-06-18, Tools, Output Schema (servers must give results that
#   conform to the schema, clients should check them). Zod's documentation: z.object() takes
#   unknown keys, and .default() takes a missing key.
# Version: @modelcontextprotocol/sdk 1.32.2, zod 4.6.7.
# Seen: the server checks the result with zod, throws the checked value away and sends what the tool
#   gave. The listed schema is zod's output form: no further keys, and the key with a default is
#   required. So the client refuses both results that the server let pass.
#   Seen output: before the list: {"id":"v1","note":"x"} | after the list: data must NOT have
#   additional properties | missing default: data must have required property 'id' (one line)
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 zod@4.6.7

cat >run.mjs <<'JS'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

const server = new McpServer({ name: 'visits', version: '1.0.0' })
const give = (structuredContent) => async () => ({ content: [], structuredContent })
server.registerTool('more', { outputSchema: { id: z.string() } }, give({ id: 'v1', note: 'x' }))
server.registerTool('less', { outputSchema: { id: z.string().default('none') } }, give({}))

const client = new Client({ name: 'reader', version: '1.0.0' })
const [left, right] = InMemoryTransport.createLinkedPair()
await Promise.all([server.connect(left), client.connect(right)])

async function call(name) {
  try {
    return JSON.stringify((await client.callTool({ name, arguments: {} })).structuredContent)
  } catch (error) {
    return error.message.split("output schema: ").at(-1)
  }
}
const before = await call('more')
await client.listTools()
console.log(`before the list: ${before} | after the list: ${await call('more')} | missing default: ${await call('less')}`)
await client.close()
JS

want="before the list: {\"id\":\"v1\",\"note\":\"x\"} | after the list: data must NOT have additional properties"
want="$want | missing default: data must have required property 'id'"
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
