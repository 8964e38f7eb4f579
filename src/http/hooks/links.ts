import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { z } from 'zod';
import { linksOf } from '../page.ts';

/** Whether a route answers with pages. */
export const isPaged = (querystring: unknown): boolean =>
  querystring instanceof z.ZodObject && 'page' in querystring.shape;

/** Says in a header what the pages of lists say of their neighbours (RFC 8288), for clients that follow headers. */
export const pageLinks = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', (route) => {
      if (!isPaged(route.schema?.querystring)) return;
      route.preSerialization = [
        ...[route.preSerialization ?? []].flat(),
        (_request, reply, answer, done) => {
          const links = reply.statusCode < 300 ? linksOf(answer as object) : undefined;
          if (links !== undefined) reply.header('link', links);
          done(null, answer);
        },
      ];
    });
  },
  { name: 'page-links' },
);
