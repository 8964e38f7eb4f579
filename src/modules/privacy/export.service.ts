import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import { unhurried } from '../../db/deadline.ts';
import type { Audit } from '../audit/index.ts';
import { listConsents } from './consents.repository.ts';
import * as repository from './export.repository.ts';

export interface ExportDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
}

export function createExport({ db, clock, audit }: ExportDependencies) {
  /** A list as JSON, so much of it at a time. */
  async function* listOf(section: keyof typeof repository.sections, person: number): AsyncGenerator<string> {
    const fetch: repository.Section = repository.sections[section];
    for (let after = 0, first = true; ; first = false) {
      const rows = await unhurried(() => fetch(db, person, after));
      const texts = rows.map((row) => JSON.stringify(section === 'access_log' ? toAccess(row) : row));
      if (texts.length > 0) yield `${first ? '' : ','}${texts.join(',')}`;
      if (rows.length < repository.BATCH) return;
      after = rows.at(-1)?.id ?? after;
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
      const person = await repository.findPerson(db, caller.id);
      if (!person) throw new AppError('user_not_found');
      await audit.record(db, { actor: caller, action: 'user.export', subject: caller.id });

      async function* parts(): AsyncGenerator<string> {
        // Whoever has the head of the answer takes the rest at their own pace.
        const consents = await unhurried(() => listConsents(db, caller.id));
        const links = await unhurried(() => repository.listLinks(db, caller.id));
        const contact_changes = await unhurried(() => repository.listContactChanges(db, caller.id));
        const holds = await unhurried(() => repository.listHolds(db, caller.id));
        const withdrawn_timeslots = await unhurried(() => repository.listWithdrawn(db, caller.id));
        const lists = { consents, links, contact_changes, holds, withdrawn_timeslots };
        const head = JSON.stringify({ exported_at: clock.now().toISOString(), ...person, ...lists });
        yield head.slice(0, -1);
        for (const section of Object.keys(repository.sections) as (keyof typeof repository.sections)[]) {
          yield `,"${section}":[`;
          yield* listOf(section, caller.id);
          yield ']';
        }
        yield '}';
      }
      return parts();
    },
  };
}

/** An entry as GET /auth/me/access-log/ shows it. */
function toAccess(row: object) {
  const { by, details, ...entry } = row as {
    by: { id: number | null };
    details: { appointment?: number; fields?: string[] };
  };
  const { appointment = null, fields = [] } = details;
  return { ...entry, by: by.id === null ? null : by, appointment, fields };
}
