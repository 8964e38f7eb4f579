import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { Public } from './guards.ts';
import { documented } from './openapi/documented.ts';
import type { ZodTypeProvider } from './zod.ts';

const status = documented(z.object({ status: z.literal('ok') }), {
  id: 'Health',
  description: 'All is well.',
  examples: { ok: { summary: 'All is well', value: { status: 'ok' } } },
});

interface HealthOptions {
  /** Rejects while requests would be refused. */
  isReady: () => Promise<void>;
}

/** For orchestrators: restart the process when it is not live, send it no traffic while it is not ready. */
export async function health(instance: FastifyInstance, { isReady }: HealthOptions): Promise<void> {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'health', description: 'For orchestrators and monitors.', order: 150 });
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.get(
    '/health/live',
    {
      preHandler: Public,
      logLevel: 'warn',
      config: { rate: 'none' },
      schema: {
        tags: ['health'],
        operationId: 'live',
        summary: 'See whether the process runs',
        description: 'Restart it when this does not answer.',
        response: { 200: status },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/health/ready',
    {
      preHandler: Public,
      logLevel: 'warn',
      config: { rate: 'none', errors: ['database_unavailable'] },
      schema: {
        tags: ['health'],
        operationId: 'ready',
        summary: 'See whether it can serve requests',
        description:
          'It reaches its database by the connections that requests use, its clock agrees with the database’s, and it is ' +
          'not closing. Answered within two seconds, also where the database says nothing. A server that is too busy, and ' +
          'refuses some requests for that, is still ready: without it the others would be busier yet.',
        response: { 200: status },
      },
    },
    async () => {
      if (closing) throw new AppError('database_unavailable', { retryAfter: 2 });
      await isReady();
      return { status: 'ok' as const };
    },
  );
}
