import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';

/** RFC 9110, section 5.6.6; parameters may be empty. */
const PARAMETER = /;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*"))?[ \t]*/y;
const UTF_8 = /^"?utf-?8"?$/i;

/**
 * Reads JSON bodies strictly: bad UTF-8 is refused, where Fastify's own parser would put replacement characters into
 * people's names, and so are another charset and a name that stands twice in an object, of which another reader may
 * take the other one (RFC 8259, section 4). An empty body counts as none, since phones send the content type even with
 * a DELETE.
 */
export const strictJson = fastifyPlugin(
  async (app: FastifyInstance) => {
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      if (!isInUtf8(request.headers['content-type'] ?? ''))
        return done(new AppError('unsupported_media_type'));
      if (body.length === 0) return done(null, undefined);
      if (!isUtf8(body)) return done(new AppError('malformed_request'));
      const text = body.toString('utf8');
      return parse(request, text, (error, value) => {
        if (error || !repeatsName(text)) return done(error, value);
        done(new AppError('malformed_request'));
      });
    });
  },
  { name: 'strict-json' },
);

/** Whether a content type has whole parameters only, and no other charset than the one there is for JSON. */
export function isInUtf8(type: string): boolean {
  PARAMETER.lastIndex = type.includes(';') ? type.indexOf(';') : type.length;
  while (PARAMETER.lastIndex < type.length) {
    const found = PARAMETER.exec(type);
    if (!found) return false;
    const [, name, value = ''] = found;
    if (name?.toLowerCase() === 'charset' && !UTF_8.test(value)) return false;
  }
  return true;
}

const COLON = /\s*:/y;

/** Where a text ends that begins with the quote at `start`. No regular expression: one of megabytes is too deep for it. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Whether an object in a text that is JSON has a name twice, however it is written. */
export function repeatsName(json: string): boolean {
  /** The names so far of each object that is open. */
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const sign = json[at];
    if (sign === '{') open.push(new Set());
    else if (sign === '}') open.pop();
    else if (sign === '"') {
      const text = json.slice(at, endOfText(json, at));
      at += text.length - 1;
      COLON.lastIndex = at + 1;
      if (!COLON.test(json)) continue;
      const name = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
