import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { hashOf, newSecret } from '../../../core/secrets.ts';
import type { Db } from '../../../db/client.ts';
import { challengeIn } from './ceremonies.service.ts';
import type { Assertion, Attestation } from './credentials.schemas.ts';
import * as repository from './passkeys.repository.ts';
import { ANSWER_WITHIN, type Site, siteOf } from './passkeys.rules.ts';

export interface ChallengesDependencies {
  db: Db;
  clock: Clock;
  public_url: string | undefined;
}

export type Challenges = ReturnType<typeof createChallenges>;

/** What devices are given to sign, each once and for some minutes, and for which site. */
export function createChallenges({ db, clock, public_url }: ChallengesDependencies) {
  const site = siteOf(public_url);

  return {
    /** @throws AppError passkeys_not_offered */
    site(): Site {
      if (!site) throw new AppError('passkeys_not_offered');
      return site;
    },

    /** @param whose who adds a passkey, and how their devices know them; null for a sign-in */
    async give(whose: { user_id: number; user_handle: Buffer } | null): Promise<string> {
      const challenge = newSecret();
      await repository.insertChallenge(db, {
        challenge_hash: hashOf(challenge),
        user_id: whose?.user_id ?? null,
        user_handle: whose?.user_handle ?? null,
        expires_at: new Date(clock.now().getTime() + ANSWER_WITHIN),
      });
      return challenge;
    },

    /**
     * Spends the challenge that a device has signed, whatever becomes of it.
     * @param user to whom it must have been given; null for a sign-in
     * @returns undefined where it says none, or one that is spent, late or another's
     */
    async spend(
      sent: Attestation | Assertion,
      user: number | null,
    ): Promise<{ challenge: string; user_handle: Buffer | null } | undefined> {
      const challenge = challengeIn(sent);
      const taken = challenge && (await repository.takeChallenge(db, hashOf(challenge)));
      if (!taken || taken.user_id !== user || Date.parse(taken.expires_at) <= clock.now().getTime())
        return undefined;
      return { challenge, user_handle: taken.user_handle };
    },
  };
}
