import type { preSerializationHookHandler } from 'fastify';
import { readsReasons } from '../../core/roles.ts';

/**
 * Leaves what people wrote of themselves out of an answer, of a list or of a page, for a reader whose role does not read it:
 * these fields are null there. A hook, so that no route of a module is forgotten.
 */
export const hidingReasons =
  (...names: string[]): preSerializationHookHandler =>
  ({ user }, { statusCode }, answer, done) => {
    // A refusal shows no record.
    if (statusCode >= 300 || readsReasons(user.role)) return done(null, answer);
    const hidden = (row: object) => ({
      ...row,
      ...Object.fromEntries(names.filter((name) => name in row).map((name) => [name, null])),
    });
    if (Array.isArray(answer)) return done(null, answer.map(hidden));
    const { results, ...page } = answer as { results?: object[] };
    done(null, results ? { ...page, results: results.map(hidden) } : hidden(answer as object));
  };
