import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../core/errors.ts';

/**
 * Reads JSON bodies strictly: bad UTF-8 is refused, where Fastify's own parser would put replacement characters into
 * people's names. An empty body counts as none, since phones send the content type even with a DELETE.
 */
export const strictJson = fastifyPlugin(
  async (app: FastifyInstance) => {
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      if (body.length === 0) return done(null, undefined);
      if (!isUtf8(body)) return done(new AppError('malformed_request'));
      return parse(request, body.toString('utf8'), done);
    });
  },
  { name: 'strict-json' },
);
