import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../core/errors.ts';
import { HasTicket, IsSignedIn } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import type { Sink } from './open.service.ts';
import { streamHeaders, streamQuery, streamText, ticket } from './streams.schemas.ts';
import type { Streams } from './streams.service.ts';

const tags = ['streams'];

const sinkOf = (raw: ServerResponse): Sink => ({
  write: (text) => void raw.write(text),
  end: (text) => void raw.end(text),
  cut: () => void raw.destroy(),
  get waiting() {
    return raw.writableLength;
  },
});

/** What happens, as it happens, for pages and programs that stay open. */
export async function streamsRoutes(instance: FastifyInstance, { streams }: { streams: Streams }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'streams',
    description: 'What happens to visits and slots, told as it happens.',
    order: 65,
  });
  // Before the server waits for its connections.
  app.addHook('preClose', async () => streams.hub.close());

  app.post(
    '/stream/ticket/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'createStreamTicket',
        summary: 'Get a ticket for a stream',
        description:
          'For a browser’s EventSource, which sends no header. The stream is that of this session.',
        response: { 200: ticket },
      },
    },
    async (request) => streams.tickets.create(request.user),
  );

  app.get(
    '/stream/',
    {
      preHandler: HasTicket,
      config: { turn: 'none', lasts: true, errors: ['too_many_streams', 'account_inactive', 'forbidden'] },
      schema: {
        tags,
        operationId: 'openStream',
        summary: 'Hear what happens, as it happens',
        description:
          'Patients hear of their own visits and waiting-list entries, and of those of whom they look after; doctors of their ' +
          'own visits, slots and absences; staff of all in the branches that they reach. `ready` says from where on nothing is ' +
          'missed; `reset`, that something was: read what you show anew; `end` with a `reason`, that the session is over. Each ' +
          '`id` is a place to resume from, for `EVENT_RETENTION_DAYS`. Five a person may be open.',
        querystring: streamQuery,
        headers: streamHeaders,
        response: {
          200: {
            description: 'What happens, without end.',
            content: { 'text/event-stream': { schema: streamText } },
          },
        },
      },
    },
    async (request, reply) => {
      const { ticket: shown, last_event_id, ...wanted } = request.query;
      const caller = await whoAsks(request, shown);
      const opening = await streams.open(caller, wanted, request.headers['last-event-id'] ?? last_event_id);
      const { raw } = reply;
      if (request.method === 'HEAD' || raw.destroyed) {
        opening.leave();
        return reply.type('text/event-stream').send('');
      }
      reply.hijack();
      raw.once('close', opening.leave);
      // A silent connection is closed after half a minute otherwise.
      raw.socket?.setTimeout(0);
      raw.socket?.setNoDelay(true);
      reply
        .header('content-type', 'text/event-stream')
        // Told to nginx: what is written is to be passed on at once.
        .header('x-accel-buffering', 'no');
      raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
      opening.begin(sinkOf(raw));
    },
  );

  async function whoAsks({ headers, user }: FastifyRequest, shown: string | undefined) {
    if (headers.authorization !== undefined) return user;
    if (shown === undefined) throw new AppError('authentication_required');
    return await streams.tickets.take(shown);
  }
}
