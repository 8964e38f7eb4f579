import { type Clock, hasBegun } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { hashOf } from '../../../core/secrets.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Sealing } from '../delivery/sealing.service.ts';
import { spokenOf } from '../occasions/reminders.service.ts';
import type { Telling } from '../telling/telling.service.ts';
import { type Answers, answerAddress } from '../texts/links.ts';
import * as repository from './links.repository.ts';

export interface LinksDependencies {
  db: Db;
  clock: Clock;
  sealing: Pick<Sealing, 'mark'>;
  /** Where people reach this API, without a slash at the end. Without it messages have no links. */
  public_url: string | undefined;
  telling: Pick<Telling, 'enqueue'>;
  guardians: Pick<Guardians, 'adult'>;
  cancelling: {
    cancel: (appointment: number, caller: Caller, meant: { owners: { patient: number } }) => Promise<void>;
    /** Whether the clinic's policy lets a patient cancel this visit now. */
    mayCancelNow: (visit: { date: string; start_time: string }) => Promise<boolean>;
  };
}

/** What the reader of a link is shown. */
export type LinkState =
  | { state: 'unknown' }
  | {
      state: 'over' | 'coming' | 'cancelled' | 'too_late' | 'ask_coming' | 'ask_cancel';
      link: repository.VisitLink;
      /** It is too late to cancel, but not to say that one comes. */
      late?: boolean;
    };

type VisitAnswer = 'coming' | 'cancel';

const ANSWERS = ['confirm_visit', 'cancel_visit'] as const;

/** The time that a page shows, as its form sends it back. */
export const timeShown = ({ date, start_time }: Pick<repository.VisitLink, 'date' | 'start_time'>) =>
  `${date}T${start_time}`;

/**
 * Links with which a reminder is answered without signing in. Each is for one visit, and works once and only before the visit
 * begins. Whoever holds a link counts as its patient, or as who looks after them, so it can do nothing but answer.
 */
export function createLinks(dependencies: LinksDependencies) {
  const { db, clock, sealing, public_url, telling, guardians, cancelling } = dependencies;

  function stateOf(link: repository.VisitLink | undefined): LinkState {
    if (!link) return { state: 'unknown' };
    if (link.status === 'cancelled') return { state: 'cancelled', link };
    if (link.is_marked || link.status === 'expired') return { state: 'over', link };
    if (link.used) return { state: hasMoved(link) ? 'over' : 'coming', link };
    // It may have been moved to an earlier time than the one at which the link expires.
    const isOver = Date.parse(link.expires_at) <= clock.now().getTime() || hasBegun(link, clock.wall());
    if (isOver) return { state: 'over', link };
    return { state: link.purpose === 'cancel_visit' ? 'ask_cancel' : 'ask_coming', link };
  }

  /** The answer was about another time: a link expires when the visit for which it was made begins. */
  const hasMoved = ({ date, start_time, expires_at }: repository.VisitLink) =>
    clock.at(date, start_time).getTime() !== Date.parse(expires_at);

  /** What the link is good for now. Reading changes nothing: mail scanners and previews follow links too. */
  async function read(token: string): Promise<LinkState> {
    const found = stateOf(await repository.findVisitLink(db, hashOf(token), guardians.adult()));
    if (found.state !== 'ask_coming' && found.state !== 'ask_cancel') return found;
    if (await cancelling.mayCancelNow(found.link)) return found;
    return found.state === 'ask_cancel' ? { ...found, state: 'too_late' } : { ...found, late: true };
  }

  return {
    read,

    /** The links of one reminder. They are the same when it has to be written again. */
    async forReminder(
      tx: Tx,
      message: {
        id: number;
        user_id: number;
        appointment_id: number;
        visit: { date: string; start_time: string };
      },
    ): Promise<Answers | undefined> {
      if (public_url === undefined) return undefined;
      const { user_id, appointment_id, visit } = message;
      const expires_at = clock.at(visit.date, visit.start_time);
      const make = async (purpose: 'confirm_visit' | 'cancel_visit') => {
        const token = sealing.mark('links', `${purpose}:${message.id}:${appointment_id}`);
        await repository.insertLink(tx, {
          token_hash: hashOf(token),
          purpose,
          user_id,
          appointment_id,
          expires_at,
        });
        return answerAddress(public_url, token);
      };
      return { coming: await make('confirm_visit'), cancel: await make('cancel_visit') };
    },

    /**
     * Does what the reader chose, once; a repeat changes nothing. Cancelling follows the same rules as for a patient who is
     * signed in.
     * @param seen the time that the reader saw, where the form sends it: they are asked again if the visit has moved since
     */
    async answer(token: string, answer: VisitAnswer, seen?: string): Promise<void> {
      const found = await read(token);
      if (found.state !== 'ask_coming' && found.state !== 'ask_cancel') return;
      if (seen !== undefined && seen !== timeShown(found.link)) return;
      const { appointment_id, user_id, patient_id, doctor_id, last_move } = found.link;
      if (found.state === 'ask_cancel' || answer === 'cancel') {
        try {
          const caller = { id: user_id, role: 'patient', session: 0 } as const;
          await cancelling.cancel(appointment_id, caller, { owners: { patient: patient_id } });
        } catch (error) {
          // The visit began, became another's, or it became too late, in this very moment: the page says how it stands.
          if (error instanceof AppError && (error.status === 409 || error.status === 404)) return;
          throw error;
        }
        await transaction(db, (tx) => repository.useLink(tx, hashOf(token), ANSWERS, clock.now()));
        return;
      }
      await transaction(db, async (tx) => {
        const used = await repository.useLink(tx, hashOf(token), ['confirm_visit'], clock.now());
        if (used === undefined) return;
        await telling.enqueue(tx, {
          user_id: doctor_id,
          kind: 'confirmed_coming',
          // Each move asks anew, because the answer was about another time.
          key: ['appointment', appointment_id, 'coming', ...(last_move === null ? [] : [last_move])].join(
            ':',
          ),
          appointment_id,
          params: spokenOf(found.link),
        });
      });
    },
  };
}

export type VisitLinks = ReturnType<typeof createLinks>;
