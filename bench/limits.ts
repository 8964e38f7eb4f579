import bcrypt from 'bcrypt';
import Fastify from 'fastify';
import pg from 'pg';
import { answerOrders } from './processes.ts';
import { filled, inputsOf, type Route, type Statement } from './routes.ts';

/**
 * What no API on Fastify and PostgreSQL can do better than. `bare` is Fastify that answers a constant of the same size
 * through a response schema. The `floor` also runs the very statements of the API through plain pg, prepared, with a
 * pool of the same size; it checks no token and no input and logs nothing.
 */

export interface LimitsOrder {
  kind: 'bare' | 'floor';
  database_url: string;
  pool_max: number;
  routes: Route[];
}

interface JsonSchema {
  type: string | string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

/** The schema that a value fulfils, as Fastify compiles it into a serializer. */
function schemaOf(value: unknown): JsonSchema {
  if (value === null) return { type: ['string', 'null'] };
  if (Array.isArray(value)) return { type: 'array', items: schemaOf(value[0] ?? '') };
  if (typeof value !== 'object') return { type: typeof value === 'number' ? 'integer' : typeof value };
  const properties = Object.entries(value).map(([name, field]) => [name, schemaOf(field)]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

async function start({ kind, database_url, pool_max, routes }: LimitsOrder): Promise<string> {
  const { DATE, TIMESTAMPTZ } = pg.types.builtins;
  // Making a Date of each day costs more than all else together, and no API here wants one.
  const asText = (oid: number) => oid === DATE || oid === TIMESTAMPTZ;
  const pool = new pg.Pool({
    connectionString: database_url,
    max: pool_max,
    types: { getTypeParser: (oid: number) => (asText(oid) ? String : pg.types.getTypeParser(oid)) },
  });
  pool.on('error', () => {});
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  for (const { method, url, status, answer, statements, hash } of routes) {
    if (kind === 'bare') {
      const schema = answer === undefined ? {} : { response: { [status]: schemaOf(answer) } };
      app.route({ method, url, schema, handler: async (_request, reply) => reply.code(status).send(answer) });
      continue;
    }
    app.route({
      method,
      url,
      async handler(request, reply) {
        const { params, query, body } = request;
        if (hash) return { fits: await bcrypt.compare((body as { password: string }).password, hash) };
        const inputs = inputsOf({ params, query, body, person: Number(request.headers['x-person']) });
        const rows = await runAll(pool, statements, inputs);
        if (status === 204) return reply.code(rows.length > 0 ? 204 : 409).send();
        if (status === 201) return reply.code(rows.length > 0 ? 201 : 409).send(rows[0]);
        return { count: rows.length, results: rows };
      },
    });
  }
  return app.listen({ host: '127.0.0.1', port: 0 });
}

/** Several statements are a transaction and what stands around it: they run one after the other on one connection. */
async function runAll(
  pool: pg.Pool,
  statements: readonly Statement[],
  inputs: Record<string, unknown>,
): Promise<unknown[]> {
  const [first] = statements;
  if (statements.length === 1 && first) return (await pool.query(filled(first, inputs))).rows;
  const client = await pool.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) {
      const answer = await client.query(filled(statement, inputs));
      if (answer.command === 'UPDATE') rows = answer.rows;
    }
    client.release();
    return rows;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

answerOrders(start);
