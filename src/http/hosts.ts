import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../core/errors.ts';

export interface HostsOptions {
  /** Names this service answers to, in lower case; `.clinic.uz` stands for every name below it. Empty: to any. */
  allowed_hosts: readonly string[];
}

/**
 * Refuses requests for another host. Links in answers are made from the Host header, so that a name an attacker chose
 * would send people to the attacker (host header injection, DNS rebinding). Monitors ask by address: health is exempt.
 */
export const hosts = fastifyPlugin(
  async (app: FastifyInstance, { allowed_hosts }: HostsOptions) => {
    if (allowed_hosts.length === 0) return;
    const isAllowed = (name: string) =>
      allowed_hosts.some((host) => (host.startsWith('.') ? name.endsWith(host) : name === host));
    app.addHook('onRequest', async (request) => {
      if (request.routeOptions.url?.startsWith('/health/')) return;
      // A name may be written with the root's dot at its end.
      if (!isAllowed(request.hostname.toLowerCase().replace(/\.$/, '')))
        throw new AppError('host_not_allowed');
    });
  },
  { name: 'hosts' },
);
