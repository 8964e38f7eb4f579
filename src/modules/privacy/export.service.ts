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
  audit: Pick<Audit, 'recordAll'>;
  /** What every module holds of people. */
  personal: readonly Personal[];
}

/** Rows of one key that are read at a time; few people have more of anything. */
const BATCH = 5_000;

export function createExport({ db, clock, audit, personal }: ExportDependencies) {
  const parts = partsOf(personal);
  const own = byKind(parts);
  /** What a document holds of each of those whom somebody looks after. */
  const ofFamily = byKind(parts.filter(([, { of_family }]) => of_family === true));

  /** A list as JSON, so much of it at a time. */
  async function* listOf({ pages }: Kinds['pages'][number][1], person: number): AsyncGenerator<string> {
    for (let after = 0, first = true; ; first = false) {
      const page = await unhurried(() => pages(db, person, after, BATCH));
      if (page.length > 0) yield `${first ? '' : ','}${page.map((row) => JSON.stringify(row)).join(',')}`;
      if (page.length < BATCH) return;
      after = page.at(-1)?.id ?? after;
    }
  }

  /**
   * What is held of a person, without the brace at the end.
   * @param head what stands before it
   */
  async function* textOf(
    person: number,
    kinds: Kinds,
    head: Record<string, unknown>,
  ): AsyncGenerator<string> {
    // Whoever has the head of the answer takes the rest at their own pace.
    for (const [name, { list }] of kinds.list)
      head[name] = await unhurried(() => list(db, person, clock.now()));
    yield JSON.stringify(head).slice(0, -1);
    for (const [name, part] of kinds.pages) {
      yield `,"${name}":[`;
      yield* listOf(part, person);
      yield ']';
    }
  }

  async function* familyOf(people: readonly { id: number }[]): AsyncGenerator<string> {
    for (const [index, { id, ...tie }] of people.entries()) {
      const rows = await unhurried(() => findPerson(db, id, ofFamily.row));
      yield index === 0 ? '' : ',';
      yield* textOf(id, ofFamily, { ...tie, ...rows });
      yield '}';
    }
  }

  return {
    /**
     * Everything the clinic holds about a person and those whom they look after, as the text of one JSON document in parts:
     * however much it is, little of it is held at a time, and no connection waits for whoever reads it.
     * @returns once the first queries and the note of them have succeeded, so that a refusal can still be an answer
     * @throws AppError user_not_found
     */
    async exportOf(caller: Caller): Promise<AsyncGenerator<string>> {
      const person = await findPerson(db, caller.id, own.row);
      if (!person) throw new AppError('user_not_found');
      const today = clock.wall().date;
      const families = await Promise.all(
        own.family.map(async ([name, { family }]) => ({ name, people: await family(db, caller.id, today) })),
      );
      const people = families.flatMap((family) => family.people.map(({ id }) => id));
      await audit.recordAll(db, { actor: caller, action: 'user.export' }, [caller.id, ...people]);

      async function* document(): AsyncGenerator<string> {
        yield* textOf(caller.id, own, { exported_at: clock.now().toISOString(), ...person });
        for (const { name, people } of families) {
          yield `,"${name}":[`;
          yield* familyOf(people);
          yield ']';
        }
        yield '}';
      }
      return document();
    },
  };
}

type Named<Kind extends string> = [string, Extract<Part, Record<Kind, unknown>>];

interface Kinds {
  row: Named<'row'>[];
  list: Named<'list'>[];
  pages: Named<'pages'>[];
  family: Named<'family'>[];
}

/** The keys of a document by how they are read. */
function byKind(parts: readonly [string, Part][]): Kinds {
  const of = <Kind extends string>(kind: Kind) =>
    parts.filter((part): part is Named<Kind> => kind in part[1]);
  return { row: of('row'), list: of('list'), pages: of('pages'), family: of('family') };
}
