import { networkOf } from '../../../core/address.ts';
import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Channel } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Records } from '../../users/index.ts';
import type { Codes } from '../codes/codes.service.ts';
import type { Afterwards } from '../password/afterwards.service.ts';
import type { Passwords } from '../password/passwords.ts';
import type { Throttle } from '../throttle/throttle.service.ts';
import { claimed } from './claiming.rules.ts';
import type { ClaimConfirmation } from './claiming.schemas.ts';

export interface ClaimingDependencies {
  db: Db;
  clock: Clock;
  passwords: Passwords;
  throttle: Throttle;
  codes: Pick<Codes, 'send' | 'attempt'>;
  afterwards: Pick<Afterwards, 'run'>;
  records: Pick<Records, 'lockClaimable' | 'giveSignIn'>;
  patients: { save: (tx: Tx, patient: number, profile: { date_of_birth: string }) => Promise<void> };
  consents: { accept: (tx: Tx, person: number) => Promise<unknown> };
  messages: { offered: ReadonlySet<Channel> };
  audit: Pick<Audit, 'record' | 'watch'>;
  require_consent: boolean;
}

/** The id of no user: for a phone that nobody has the same statements run. */
const NOBODY = 0;

export type Claiming = ReturnType<typeof createClaiming>;

/**
 * How the owner of a record that the desk or a guardian made gets a sign-in for it: with a code to its phone, and their
 * birthday. Neither an answer nor its time tells which records exist.
 */
export function createClaiming(dependencies: ClaimingDependencies) {
  const { db, clock, passwords, throttle, codes, records, patients, consents, messages, audit } =
    dependencies;

  /** Of records that share a phone, the first keeps the code for all: whose it is, is said with the code. */
  async function sendCode(phone: string, address: string | undefined): Promise<void> {
    if (!messages.offered.has('sms')) return;
    await transaction(db, async (tx) => {
      const [holder] = await records.lockClaimable(tx, phone, adultsBornBy(clock.wall().date));
      // A limit that is reached is not said either: it would tell that there is a record.
      if (holder)
        await codes.send(tx, {
          user: holder.id,
          purpose: 'claim_record',
          channel: 'sms',
          destination: phone,
          address,
        });
    });
  }

  return {
    /** Answers at once, whoever is asked about, and does nothing before it has. */
    request(phone: string, { address }: Origin): void {
      dependencies.afterwards.run(() => sendCode(phone, address));
    },

    /**
     * Gives a record its sign-in: the same id, the same visits. A code that was right is used up, whatever birthday is
     * said with it: it is no means to guess that.
     * @throws AppError invalid_code, whether it is wrong, is of another's record, or there is none to be claimed;
     * username_taken, phone_taken, too_many_requests, invalid_input (consent_required)
     */
    async confirm(
      { phone, code, date_of_birth, username, password, accept_terms }: ClaimConfirmation,
      { address, held }: Origin,
    ): Promise<void> {
      if (dependencies.require_consent && accept_terms !== true)
        throw invalidField('accept_terms', 'consent_required');
      const from = address ?? 'nowhere';
      const turn = await throttle.admit({ at: 'claim', name: phone, from, user: undefined, held });
      // It is computed before the code is tried, right or wrong: time tells nothing, and the transaction waits for nothing.
      const password_hash = await passwords.hash(password);
      const last = adultsBornBy(clock.wall().date);
      const claim = async (tx: Tx) => {
        const found = await records.lockClaimable(tx, phone, last);
        const isRight = await codes.attempt(tx, found[0]?.id ?? NOBODY, 'claim_record', code);
        const record = isRight === undefined ? undefined : claimed(found, date_of_birth, last);
        if (!record) {
          // In the same transaction: one commit that writes, whether or not there was a code to be tried.
          await throttle.failed(tx, turn);
          await audit.watch(tx, { action: 'patient.claim_fail', network: networkOf(address) }, phone);
          return false;
        }
        const { id } = record;
        await records.giveSignIn(tx, id, { username, password_hash });
        if (record.date_of_birth === null && date_of_birth !== undefined)
          await patients.save(tx, id, { date_of_birth });
        if (accept_terms === true) await consents.accept(tx, id);
        await throttle.succeeded(tx, turn);
        await audit.record(tx, { actor: { id, role: 'patient' }, action: 'patient.claim', subject: id });
        return true;
      };
      if (!(await throttle.during(turn, () => transaction(db, claim)))) throw new AppError('invalid_code');
    },
  };
}
