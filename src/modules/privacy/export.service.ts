import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import { unhurried } from '../../db/deadline.ts';
import type { Audit } from '../audit/index.ts';
import { findPerson } from './export.repository.ts';
import { type Part, type Personal, partsOf } from './personal.ts';

export interface ExportDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  /** What every module holds of people. */
  personal: readonly Personal[];
}

/** Rows of one key that are read at a time; few people have more of anything. */
const BATCH = 5_000;

export function createExport({ db, clock, audit, personal }: ExportDependencies) {
  const parts = partsOf(personal);
  const of = <Kind extends string>(kind: Kind) =>
    parts.filter((part): part is [string, Extract<Part, Record<Kind, unknown>>] => kind in part[1]);
  const [rows, lists, paged] = [of('row'), of('list'), of('pages')];

  /** A list as JSON, so much of it at a time. */
  async function* listOf({ pages }: (typeof paged)[number][1], person: number): AsyncGenerator<string> {
    for (let after = 0, first = true; ; first = false) {
      const page = await unhurried(() => pages(db, person, after, BATCH));
      if (page.length > 0) yield `${first ? '' : ','}${page.map((row) => JSON.stringify(row)).join(',')}`;
      if (page.length < BATCH) return;
      after = page.at(-1)?.id ?? after;
    }
  }

  return {
    /**
     * Everything the clinic holds about a person, as the text of one JSON document in parts: however much it is, little
     * of it is held at a time, and no connection waits for whoever reads it.
     * @returns once the first query and the note of it have succeeded, so that a refusal can still be an answer
     * @throws AppError user_not_found
     */
    async exportOf(caller: Caller): Promise<AsyncGenerator<string>> {
      const person = await findPerson(db, caller.id, rows);
      if (!person) throw new AppError('user_not_found');
      await audit.record(db, { actor: caller, action: 'user.export', subject: caller.id });

      async function* document(): AsyncGenerator<string> {
        const head: Record<string, unknown> = { exported_at: clock.now().toISOString(), ...person };
        // Whoever has the head of the answer takes the rest at their own pace.
        for (const [name, { list }] of lists) head[name] = await unhurried(() => list(db, caller.id));
        yield JSON.stringify(head).slice(0, -1);
        for (const [name, part] of paged) {
          yield `,"${name}":[`;
          yield* listOf(part, caller.id);
          yield ']';
        }
        yield '}';
      }
      return document();
    },
  };
}
