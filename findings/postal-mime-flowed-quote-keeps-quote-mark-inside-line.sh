#!/usr/bin/env bash
# Expected: two lines "> The visit is " and "> on Monday." of a format=flowed text are one quoted
#   paragraph: "> The visit is on Monday." The quote mark is taken off before the lines are joined.
# Source: RFC 3676 sections 4.1 and 4.5. Both libraries join flowed lines by themselves.
# Version: postal-mime 4.0.0. mailparser 3.14.2 reads the same message.
# Seen: postal-mime joins the lines with the second quote mark still in the middle of the sentence.
#   mailparser, the second in the output, does not. Both join the lines without quote marks well.
#   Seen output: "> The visit is > on Monday.\nThank you." | "> The visit is on Monday.\nThank you."
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund postal-mime@4.0.0 mailparser@3.14.2

cat >run.mjs <<'JS'
import mailparser from 'mailparser'
import PostalMime from 'postal-mime'

const message = [
  'From: Clinic <clinic@clinic.example>', 'Subject: Re: Visit', 'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=us-ascii; format=flowed', '',
  '> The visit is ', '> on Monday.', 'Thank ', 'you.', '',
].join('\r\n')
const first = await PostalMime.parse(message)
const second = await mailparser.simpleParser(message)
const lines = [first, second].map(({ text }) => JSON.stringify(text.trim()))
console.log(lines.join(' | '))
JS

want='"> The visit is > on Monday.\nThank you." | "> The visit is on Monday.\nThank you."'
seen=$(node --no-warnings run.mjs 2>&1) || true
echo "seen: $seen"
if [ "$seen" != "$want" ]; then echo "changed, it was: $want"; exit 1; fi
echo 'as described'
