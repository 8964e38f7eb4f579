import { randomInt } from 'node:crypto';
import type { FastifyRequest, onRequestHookHandler, onSendHookHandler } from 'fastify';
import { AppError } from '../core/errors.ts';

/**
 * Bounds the large bodies that a process holds in memory: so many at a time, and one of each person. A body is read
 * before its request has a turn (hooks/overload), so that a turn alone would bound none of them. Too many are refused at
 * once, before they are read. The place is free again as the answer leaves, or when the connection closes.
 * @returns hooks for a route's `onRequest`, behind its guard, and its `onSend`
 */
export function uploads(most: number): { take: onRequestHookHandler; leave: onSendHookHandler } {
  /** Whose body is being read, or worked on. */
  const under_way = new Map<number, FastifyRequest>();
  const free = (request: FastifyRequest) => {
    for (const [person, one] of under_way) if (one === request) under_way.delete(person);
  };
  return {
    take(request, reply, done) {
      // Keys that nobody has asked with before have one place between them.
      const id = (request.user as { id: number } | null)?.id ?? 0;
      if (under_way.size >= most || under_way.has(id))
        return done(new AppError('overloaded', { retryAfter: randomInt(1, 6) }));
      under_way.set(id, request);
      reply.raw.once('close', () => free(request));
      done();
    },
    leave(request, _reply, _payload, done) {
      free(request);
      done();
    },
  };
}
