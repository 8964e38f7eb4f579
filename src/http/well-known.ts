import type { FastifyInstance } from 'fastify';
import { KEYS_CACHED } from '../core/signing-keys.ts';
import { Public } from './guards.ts';
import type { Signing } from './hooks/token-keys.ts';

interface WellKnownOptions {
  signing: Signing;
}

/**
 * What any other service needs to verify access tokens, by the issuer's name alone: the public keys (RFC 7517) and where
 * they are (RFC 8414).
 */
export async function wellKnown(app: FastifyInstance, { signing }: WellKnownOptions) {
  const { issuer, keys } = signing;
  const route = { preHandler: Public, config: { rate: 'none' }, schema: { hide: true } } as const;
  const cached = `public, max-age=${KEYS_CACHED}`;

  app.get('/.well-known/jwks.json', route, async (_request, reply) =>
    reply
      .header('cache-control', cached)
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .type('application/jwk-set+json; charset=utf-8')
      .send(JSON.stringify({ keys: keys.serving().map(({ published }) => published) })),
  );

  app.get('/.well-known/oauth-authorization-server', route, async (_request, reply) =>
    reply
      .header('cache-control', cached)
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .type('application/json; charset=utf-8')
      .send(
        JSON.stringify({
          issuer,
          jwks_uri: `${issuer}/.well-known/jwks.json`,
          introspection_endpoint: `${issuer}/api/auth/introspect/`,
          introspection_endpoint_auth_methods_supported: ['Bearer'],
          service_documentation: `${issuer}/api/docs/`,
          response_types_supported: [],
          grant_types_supported: [],
        }),
      ),
  );
}
