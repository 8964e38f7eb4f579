import type { FastifyInstance } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import { IsAdmin } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { introspection, introspectionRequest } from './introspection.schemas.ts';
import type { Introspecting } from './introspection.service.ts';

const FORM = 'application/x-www-form-urlencoded';

export async function introspectionRoutes(
  instance: FastifyInstance,
  { introspection: service }: { introspection: Introspecting },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  // RFC 7662 asks with a form. Elsewhere a form is refused: a page of a stranger can send one.
  app.addContentTypeParser<string>(FORM, { parseAs: 'string' }, (_request, body, done) => {
    const fields = [...new URLSearchParams(body)];
    const read = Object.fromEntries(fields);
    // RFC 6749, 3.2: no parameter stands twice.
    if (Object.keys(read).length < fields.length) done(new AppError('malformed_request'));
    else done(null, read);
  });

  app.post(
    '/auth/introspect/',
    {
      preHandler: IsAdmin,
      schema: {
        tags: ['auth'],
        operationId: 'introspectToken',
        summary: 'Ask whether a token serves',
        description:
          'RFC 7662, for services that must know of a sign-out at once: an access token serves while its session does. ' +
          'For programs: an API key of scope `tokens:introspect`.',
        consumes: ['application/json', FORM],
        body: introspectionRequest,
        response: { 200: introspection },
      },
    },
    async (request) => service.introspect(request.body.token),
  );
}
