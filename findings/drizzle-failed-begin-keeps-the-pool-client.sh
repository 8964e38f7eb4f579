#!/usr/bin/env bash
# Expected: db.transaction() gives the pool's client back in every case, also when the server
#   answers BEGIN with an error.
# Source: node-postgres documentation, Pooling: a client that was checked out must always be
#   released. db.transaction() checks the client out by itself, so the caller cannot release it.
# Version: drizzle-orm 0.45.4, pg 8.23.1. A small stand-in for pg's client answers; no database runs.
# Seen: BEGIN runs outside of the block that releases the client. After one failed BEGIN the client
#   stays checked out. After an error in the callback the client is given back.
#   Seen output: error in the callback: taken 1, given back 1 | error in BEGIN: taken 1, given back 0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund drizzle-orm@0.45.4 pg@8.23.1

cat >run.mjs <<'JS'
import { EventEmitter } from 'node:events'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'

// Answers each statement with no rows. It answers BEGIN with an error where this is asked for.
class StandIn extends EventEmitter {
  constructor(options) {
    super()
    this.beginFails = options.beginFails
  }
  connect(done) { setImmediate(done) }
  end(done) { setImmediate(done ?? (() => {})) }
  async query(statement) {
    if (this.beginFails && statement.text.startsWith('begin')) throw new Error('canceling statement')
    return { rows: [] }
  }
}

const lines = []
for (const [name, beginFails] of [['error in the callback', false], ['error in BEGIN', true]]) {
  const pool = new pg.Pool({ Client: StandIn, beginFails, max: 1 })
  let taken = 0
  let given = 0
  pool.on('acquire', () => { taken += 1 })
  pool.on('release', () => { given += 1 })
  const callback = async () => { throw new Error('no free visit') }
  await drizzle(pool).transaction(callback).catch(() => {})
  lines.push(`${name}: taken ${taken}, given back ${given}`)
}
console.log(lines.join(' | '))
process.exit()
JS

want='error in the callback: taken 1, given back 1 | error in BEGIN: taken 1, given back 0'
seen=$(node run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
