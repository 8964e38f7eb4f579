import type { FastifyInstance, FastifyRequest } from 'fastify';
import { IsSignedIn } from '../../http/guards.ts';
import { hostOf } from '../../http/hooks/site.ts';
import { type Api, answer, Refused } from './assistant.service.ts';

/**
 * `/mcp`, for assistants: Streamable HTTP of the Model Context Protocol, without a session of its own. Each tool calls the
 * API with the caller's own token, so that what nobody may do there cannot be done here.
 */
export async function assistantRoutes(app: FastifyInstance): Promise<void> {
  app.post(
    '/mcp',
    {
      preHandler: IsSignedIn,
      // What a tool asks for has a turn of its own.
      config: { any_key: true, turn: 'none' },
      schema: { hide: true },
    },
    async (request, reply) => {
      const { protocol, host, url, headers } = request;
      const sent = new Request(`${protocol}://${host}${url}`, {
        method: 'POST',
        headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
          typeof value === 'string' && name !== 'content-length' ? [[name, value]] : [],
        ),
      });
      const answered = await answer(sent, request.body, request.user, apiOf(app, request));
      const type = answered.headers.get('content-type');
      if (type) reply.type(type);
      return reply.code(answered.status).send(await answered.text());
    },
  );
}

/** The API as whoever has sent this request may call it. */
function apiOf(app: FastifyInstance, request: FastifyRequest): Api {
  const { headers, id, ip, user } = request;
  async function ask(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    { query = {}, body, more = {} }: { query?: object; body?: object | undefined; more?: object },
  ): Promise<never> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const asked = new URLSearchParams(
      Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    );
    const language = headers['accept-language'];
    const answered = await app.inject({
      method,
      url: `/api${path}${given.length > 0 ? `?${asked}` : ''}`,
      remoteAddress: ip,
      headers: {
        // The one that was judged: behind a proxy another than the header says.
        host: hostOf(request),
        // The audit and the log know what is done for it by its name.
        'x-request-id': id,
        ...(headers.authorization !== undefined && { authorization: headers.authorization }),
        ...(language !== undefined && { 'accept-language': language }),
        ...more,
      },
      ...(body && Object.keys(body).length > 0 && { payload: body }),
    });
    const told = answered.payload === '' ? undefined : answered.json();
    if (answered.statusCode >= 400) throw new Refused(told);
    return told as never;
  }
  return {
    role: user.role,
    get: (path, query = {}) => ask('GET', path, { query }),
    post: (path, body, more = {}) => ask('POST', path, { body, more }),
    patch: (path, body) => ask('PATCH', path, { body }),
    delete: (path, body) => ask('DELETE', path, { body }),
  };
}
