import type { Clock } from '../../core/clock.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import { type Consent, insertConsents, listConsents } from './consents.repository.ts';
import type { ConsentState } from './consents.schemas.ts';

interface ConsentsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  /** The versions in force, as the clinic names them. */
  terms_version: string;
  privacy_version: string;
}

export type Consents = ReturnType<typeof createConsents>;

export function createConsents({ db, clock, audit, terms_version, privacy_version }: ConsentsDependencies) {
  const inForce: readonly Consent[] = [
    { document: 'terms', version: terms_version },
    { document: 'privacy', version: privacy_version },
  ];

  /**
   * Keeps that a person has accepted the terms and the privacy policy as they are now.
   * @param by their guardian, who accepts for them
   */
  const accept = (tx: Tx, person: number, by?: number) =>
    insertConsents(tx, person, inForce, clock.now(), by);

  /** What somebody has accepted, and whether that is what is in force. */
  async function show(caller: Caller): Promise<ConsentState> {
    const accepted = await listConsents(db, caller.id);
    const in_force = inForce.map(({ document, version }) => ({
      document,
      version,
      is_accepted: accepted.some((one) => one.document === document && one.version === version),
    }));
    return { is_current: in_force.every(({ is_accepted }) => is_accepted), in_force, accepted };
  }

  return {
    accept,
    show,

    /** Somebody accepts the versions that are in force now. Repeating it changes nothing. */
    async acceptOwn(caller: Caller): Promise<ConsentState> {
      await transaction(db, async (tx) => {
        const fields = await accept(tx, caller.id);
        if (fields.length > 0)
          await audit.record(tx, {
            actor: caller,
            action: 'consent.accept',
            subject: caller.id,
            details: { fields },
          });
      });
      return show(caller);
    },
  };
}
