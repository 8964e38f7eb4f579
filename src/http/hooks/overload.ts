import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';
import { createTurns, type Turns } from './turns.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How many requests wait for their turn, by the line that they stand in. */
    waitingTurns: () => Record<'others' | 'passwords' | 'streams' | 'computing' | 'outside', number>;
  }
  interface FastifyContextConfig {
    /**
     * `none`: it asks nothing of the database and waits for nobody, so that it needs no turn. `stream`: it goes on reading
     * while its answer is sent, so that it keeps its turn until the answer has ended. `compute`: it keeps a processor busy
     * for a good part of a second. `outside`: it waits for a service elsewhere, which may be slow.
     */
    turn?: 'none' | 'stream' | 'compute' | 'outside';
  }
  interface FastifyRequest {
    /** Where it has a turn, from when it is read until its answer is sent off, or for a stream until it has ended. */
    turn: Turns | null;
  }
}

interface OverloadOptions {
  /** Connections of this process to the database. */
  pool_max: number;
  max_wait_seconds: number;
}

/** So many requests are worked on for each connection to the database: enough that none idles between two of them. */
const PER_CONNECTION = 4;
/** Of the connections to the database, streams take at most this share, however many people take their time to read. */
const STREAMS_SHARE = 0.25;
/** Passwords are hashed by libuv's four threads; one is left for looking up names and reading files. */
const HASHING_THREADS = 3;
/** One processor is left for everybody else, where there is more than one. */
const COMPUTING = 2;
/** Whoever waits for a service elsewhere keeps neither a processor nor a connection busy. */
const OUTSIDE = 50;
/** Of 1 to so many seconds each is told one at random: who is refused together does not come back together. */
const LATEST = 5;
/**
 * Refuses with 503 what this process would not come to within the time that people wait, rather than be late for
 * everybody. A request waits for its turn once it is read, so that a slow sender keeps nobody waiting; where the line is
 * too long it is refused before anything of it is looked at. Routes that check passwords have a line of their own: many
 * sign-ins at once, slow by design, hold up nothing else. So do answers that are streamed, which read on for minutes, what
 * computes for long, such as the making of a photo, and what waits for services elsewhere.
 * Health is always told, and documentation, which lies ready, is not waited for.
 */
export const overload = fastifyPlugin(
  async (app: FastifyInstance, { pool_max, max_wait_seconds }: OverloadOptions) => {
    const patience = max_wait_seconds * 1_000;
    const others = createTurns({ at_a_time: pool_max * PER_CONNECTION, patience });
    const passwords = createTurns({ at_a_time: Math.min(HASHING_THREADS, availableParallelism()), patience });
    const streams = createTurns({ at_a_time: Math.max(1, Math.floor(pool_max * STREAMS_SHARE)), patience });
    const computing = createTurns({
      at_a_time: Math.max(1, Math.min(COMPUTING, availableParallelism() - 1)),
      patience,
    });
    const outside = createTurns({ at_a_time: OUTSIDE, patience });
    const turnsFor = ({ routeOptions: { config } }: FastifyRequest) => {
      if (config.rate === 'none' || config.turn === 'none') return undefined;
      if (config.turn === 'stream') return streams;
      if (config.turn === 'compute') return computing;
      if (config.turn === 'outside') return outside;
      return config.rate === 'auth' || config.rate === 'sign_in' ? passwords : others;
    };

    app.decorate('waitingTurns', () => ({
      others: others.waiting,
      passwords: passwords.waiting,
      streams: streams.waiting,
      computing: computing.waiting,
      outside: outside.waiting,
    }));
    app.decorateRequest('turn', null);
    app.addHook('onRequest', (request, _reply, done) => {
      if (turnsFor(request)?.turnsAway()) done(overloaded());
      else done();
    });
    app.addHook('preValidation', (request, reply, done) => {
      const turns = turnsFor(request);
      if (!turns) return done();
      const waiter = {
        begin() {
          request.turn = turns;
          done();
        },
        refuse: () => done(overloaded()),
      };
      turns.take(waiter);
      // Whoever hangs up while they wait is not worked for. They are refused although nobody reads it: what the request has
      // already, such as places (hooks/records), is given back as its answer leaves.
      if (request.turn === null)
        reply.raw.once('close', () => {
          if (turns.giveUp(waiter)) done(overloaded());
        });
    });
    // Called when an answer is ready even if nobody is there to read it, and not kept waiting by whoever reads slowly.
    app.addHook('onSend', (request, reply, payload, done) => {
      const { turn } = request;
      request.turn = null;
      if (turn && payload instanceof Readable) {
        // Called once: when all has been sent, or when the connection has closed, be it long ago.
        finished(reply.raw, () => turn.leave());
      } else turn?.leave();
      done();
    });
  },
  { name: 'overload' },
);

const overloaded = () => new AppError('overloaded', { retryAfter: randomInt(1, LATEST + 1) });
