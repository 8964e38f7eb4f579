import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Scheme and host that links in its answer begin with, without a slash at the end. */
    site: string;
  }
}

interface SiteOptions {
  /** Names this service answers to, in lower case; `.clinic.uz` stands for every name below it. Empty: to any. */
  allowed_hosts: readonly string[];
  /** Where people reach this service, if the clinic has said so: every link begins with it. */
  site_url?: string | undefined;
}

/** RFC 9112, section 3.2.2: what a client sends to a proxy, and every server must read. */
const ABSOLUTE = /^https?:\/\/([^/?#]*)([/?].*)?$/i;
/** `name[:port]` or `[v6][:port]`; a name may end with the root's dot. Underscores stand in the names of containers. */
const HOST = /^(?:([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?|\[([0-9a-f:.]+)\])(?::(\d{1,5}))?$/i;
const SCHEME = /^https?$/i;
const DEFAULT_PORTS: Partial<Record<string, string>> = { http: '80', https: '443' };

/** The host of each request whose target was absolute; text that is no host is refused as one. */
const targets = new WeakMap<IncomingMessage, string>();

/**
 * Fastify's `rewriteUrl`: leaves the path and the query of an absolute address, so that nothing behind it meets another
 * form, and keeps its host to be judged.
 */
export function originForm(request: IncomingMessage): string {
  const { url = '' } = request;
  if (url.startsWith('/') || url === '*') return url;
  const [, host = '', path = ''] = ABSOLUTE.exec(url) ?? [];
  targets.set(request, host);
  return path.startsWith('/') ? path : `/${path}`;
}

/**
 * The one place that reads where a request was sent to: scheme, host and path are parsed strictly, once, and what was
 * judged is what links are made of. A name that an attacker chose would send people to the attacker (host header
 * injection, DNS rebinding). Monitors ask by address: for health any host will do, and none.
 */
export const site = fastifyPlugin(
  async (app: FastifyInstance, { allowed_hosts, site_url }: SiteOptions) => {
    const isAllowed = (name: string) =>
      allowed_hosts.length === 0 ||
      allowed_hosts.some((host) => (host.startsWith('.') ? name.endsWith(host) : name === host));
    /** What was asked last is what will be asked next: a service has few names, and judging one takes a microsecond. */
    let last: { asked: string; host: Host | undefined } = { asked: '', host: undefined };
    const judged = (asked: string) => {
      if (last.asked !== asked) last = { asked, host: parseHost(asked) };
      return last.host;
    };
    app.decorateRequest('site', '');
    app.addHook('onRequest', (request, _reply, done) => {
      const isHealth = request.routeOptions.url?.startsWith('/health/') === true;
      const asked = hostOf(request);
      if (isHealth && asked === '') return done();
      const host = hasTwoHosts(request.raw) ? undefined : judged(asked);
      const scheme = request.protocol.toLowerCase();
      if (!host || !SCHEME.test(scheme) || !isPlainPath(request.url))
        return done(new AppError('malformed_request'));
      if (!isHealth && !isAllowed(host.name)) return done(new AppError('host_not_allowed'));
      request.site = site_url ?? `${scheme}://${host.name}${portOf(host, scheme)}`;
      done();
    });
  },
  { name: 'site' },
);

/** As a trusted proxy forwards it, as the target names it, or as `Host` does, which a target with a host overrules. */
export function hostOf({ host, raw }: FastifyRequest): string {
  const own = raw.headers.host ?? '';
  return host === own ? (targets.get(raw) ?? own) : host;
}

/** RFC 9112, section 3.2: refused whatever they say, since the next server may believe the other one. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  return hosts > 1;
}

interface Host {
  name: string;
  port: string | undefined;
}

/**
 * @returns undefined for what is no host, and for what no URL can hold (`1.2.3.4.5`, `[::g]`, port 65536), as links are made of it;
 * names in lower case, without the root's dot
 */
function parseHost(text: string): Host | undefined {
  const [, name, address, port] = HOST.exec(text) ?? [];
  const plain = (name ?? (address && `[${address}]`))?.toLowerCase();
  return plain !== undefined && URL.canParse(`http://${text}`) ? { name: plain, port } : undefined;
}

const portOf = ({ port }: Host, scheme: string) =>
  port === undefined || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;

/** Percent-encoded UTF-8, where Fastify would look for broken text as it stands; fragments never leave a client. */
function isPlainPath(url: string): boolean {
  if (url.includes('#')) return false;
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
