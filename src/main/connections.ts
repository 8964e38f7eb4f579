import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { networkOf } from '../core/address.ts';

/** Files of this process that are neither clients' connections nor the pool's: jobs, log, the database of its own. */
const OTHER_FILES = 64;

/** Bounds the connections of the API, all together and by address. */
export function limitConnections(app: FastifyInstance, config: Config): void {
  limitAll(app, config);
  limitAddresses(app, config);
}

/** Closes at once what connects beyond the files that may be open: else none were left to reach the database with. */
function limitAll(app: FastifyInstance, { database_pool_max }: Config): void {
  // Its report would look up the names of everything connected otherwise.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as { userLimits?: { open_files: { soft: unknown } } };
  const files = Number(userLimits?.open_files.soft);
  // Windows has no such limit, and some systems say unlimited.
  if (!Number.isFinite(files)) return;
  app.server.maxConnections = Math.max(1, files - database_pool_max - OTHER_FILES);
  app.server.once('drop', () =>
    app.log.warn({ files }, 'more connect than files may be open (ulimit -n); those beyond are closed'),
  );
}

/**
 * Closes at once what one address, or one /64 of IPv6, connects beyond its share: idle connections cost nobody but the
 * server anything. The share is never more than half of all. Behind a proxy (TRUST_PROXY) everybody has the proxy's
 * address, so the proxy must bound them.
 */
function limitAddresses(app: FastifyInstance, { connections_per_address, trust_proxy }: Config): void {
  if (trust_proxy.length > 0) return;
  const { server } = app;
  const most = Math.min(connections_per_address, Math.ceil((server.maxConnections || Infinity) / 2));
  const open = new Map<string, number>();
  let said = false;
  server.on('connection', (socket) => {
    const network = networkOf(socket.remoteAddress);
    if (network === undefined) return;
    const count = (open.get(network) ?? 0) + 1;
    if (count > most) {
      if (!said)
        app.log.warn({ most }, 'one address connects more often than CONNECTIONS_PER_ADDRESS allows');
      said = true;
      return void socket.destroy();
    }
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
  });
}
