import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { isWholeApiKey, looksLikeApiKey } from '../../core/api-keys.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { isInScope } from '../../core/scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Any key may call it, whatever its scopes: each asks for its own. */
    any_key?: true;
  }
  interface FastifyRequest {
    /** The API key that came instead of a token; whose it is, the database tells. */
    api_key: string | null;
  }
}

interface ApiKeysOptions {
  keys: {
    /** Whose it was when it was last looked up, not long ago: good enough to count its requests. */
    recall: (key: string) => Caller | undefined;
    /** Whose it is, or why it is refused. */
    find: (key: string) => Promise<Caller | Extract<ErrorCode, 'invalid_token' | 'token_expired'>>;
  };
}

/**
 * Takes an API key where a token would do. Without a word of the database it is told apart from what can be none; requests
 * of a key that nobody has asked with before are counted as its address's.
 */
export const apiKeys = fastifyPlugin(
  async (app: FastifyInstance, { keys }: ApiKeysOptions) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const { api_key } = request;
      if (api_key === null) return done();
      if (!isWholeApiKey(api_key)) request.refusal = new AppError('invalid_token');
      else {
        const known = keys.recall(api_key);
        if (known) request.user = known;
      }
      done();
    });
    // To look a key up is work, which waits for its turn (http/overload).
    app.addHook('preValidation', async (request) => {
      if (request.api_key === null || request.refusal !== null) return;
      const found = await keys.find(request.api_key);
      if (typeof found === 'string') throw new AppError(found);
      request.user = found;
      if (!mayCall(request, found)) throw new AppError('insufficient_scope');
    });
  },
  { name: 'api-keys', dependencies: ['authentication'] },
);

/** The key in a request's header, if that is one. */
export function apiKeyIn(authorization: string | undefined): string | null {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return looksLikeApiKey(token) ? token : null;
}

/** Everybody reads the public directory, keys too. */
function mayCall({ method, routeOptions }: FastifyRequest, { key }: Caller): boolean {
  const { config, url = '' } = routeOptions;
  if (config.access === 'directory' || config.any_key) return true;
  return isInScope(key?.scopes, method, url.replace(/^\/api/, ''));
}
