import type { Origin } from '../../../core/device.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { isPhone } from '../../../core/phone.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Channel } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type Desk, patientMissing, type Records } from './desk.service.ts';

export interface ReachingDependencies {
  db: Db;
  codes: {
    /** @returns seconds until another may be sent; 0 when this one was */
    send: (
      tx: Tx,
      request: {
        user: number;
        purpose: 'reach_phone';
        channel: 'sms';
        destination: string;
        address: Origin['address'];
      },
    ) => Promise<number>;
    /** Where the code that is tried was sent; undefined for a wrong one. */
    attempt: (tx: Tx, user: number, purpose: 'reach_phone', code: string) => Promise<string | undefined>;
  };
  /** The channels that are set up. */
  messages: { offered: ReadonlySet<Channel> };
  records: Pick<Records, 'lock' | 'reach'>;
  audit: Pick<Audit, 'record'>;
}

/** How the desk makes sure that messages to a phone reach a patient. It lets nobody sign in by it. */
export function createReaching({
  db,
  codes,
  messages,
  records,
  audit,
  desk,
}: ReachingDependencies & { desk: Pick<Desk, 'get'> }) {
  /**
   * The phone of a patient, who is locked.
   * @throws AppError patient_not_found, already_verified, invalid_input (there is none)
   */
  async function mustLock(tx: Tx, patient: number): Promise<string> {
    const [record] = await records.lock(tx, [patient]);
    if (!record) throw await patientMissing(tx, patient);
    if (record.phone_verified_at ?? record.phone_reached_at) throw new AppError('already_verified');
    if (record.phone === null) throw invalidField('phone', 'required');
    return record.phone;
  }

  /** @param how `code` where they read one out, `vouched` where somebody says so */
  async function reached(tx: Tx, patient: number, how: 'code' | 'vouched', caller: Caller) {
    await records.reach(tx, patient);
    const action = how === 'code' ? 'patient.reach' : 'patient.vouch';
    const details = { fields: ['phone_reached_at'] };
    await audit.record(tx, { actor: caller, action, subject: patient, details });
    return desk.get(patient, tx);
  }

  return {
    /**
     * Sends a code to a patient's phone, to be read out at the desk.
     * @throws AppError patient_not_found, channel_not_offered, already_verified, too_many_requests, invalid_input
     */
    async request(patient: number, { address }: Origin): Promise<void> {
      if (!messages.offered.has('sms')) throw new AppError('channel_not_offered');
      const wait = await transaction(db, async (tx) => {
        const destination = await mustLock(tx, patient);
        // One that was stored before is judged before an SMS to it is paid.
        if (!isPhone(destination)) throw invalidField('phone', 'invalid_phone');
        return codes.send(tx, {
          user: patient,
          purpose: 'reach_phone',
          channel: 'sms',
          destination,
          address,
        });
      });
      if (wait > 0) throw new AppError('too_many_requests', { retryAfter: wait });
    },

    /** @throws AppError patient_not_found, already_verified, invalid_code, invalid_input */
    async confirm(patient: number, code: string, caller: Caller) {
      const shown = await transaction(db, async (tx) => {
        const phone = await mustLock(tx, patient);
        // In a transaction that commits: a wrong try that rolls back was never counted.
        if ((await codes.attempt(tx, patient, 'reach_phone', code)) !== phone) return undefined;
        return reached(tx, patient, 'code', caller);
      });
      if (!shown) throw new AppError('invalid_code');
      return shown;
    },

    /** @throws AppError patient_not_found, already_verified, invalid_input */
    vouch: (patient: number, caller: Caller) =>
      transaction(db, async (tx) => {
        await mustLock(tx, patient);
        return reached(tx, patient, 'vouched', caller);
      }),
  };
}
