import type { Clock } from '../../../core/clock.ts';
import type { Locale } from '../../../core/words.ts';
import { type Db, transaction } from '../../../db/client.ts';
import { messageTexts } from '../../../i18n/index.ts';
import type { Words } from '../../../i18n/messages/texts.ts';
import { type Outgoing, SendError } from '../channels/index.ts';
import { visitOf } from '../facts.repository.ts';
import type { VisitLinks } from '../links/links.service.ts';
import { composeEmail, type Links, withLinks } from '../texts/links.ts';
import { writeMessage } from '../texts/write.ts';
import type { CalendarInvitations } from './calendar-invitation.service.ts';
import type { Claimed } from './delivery.repository.ts';
import type { Sealing } from './sealing.service.ts';

interface WritingDependencies {
  db: Db;
  clock: Clock;
  clinic_name?: string | undefined;
  default_locale: Locale;
  sealing: Pick<Sealing, 'open' | 'mark'>;
  /** Where people reach this API, without a slash at the end. Without it messages have no links. */
  public_url: string | undefined;
  links: Pick<VisitLinks, 'forReminder'>;
  invitations: Pick<CalendarInvitations, 'write'>;
}

export type Writing = ReturnType<typeof createWriting>;

/** Writes a message at the moment it is sent, from what is known then. What it makes is kept nowhere. */
export function createWriting({
  db,
  clock,
  clinic_name,
  default_locale,
  sealing,
  public_url,
  links,
  invitations,
}: WritingDependencies) {
  /** The links with which the reader answers the message, or takes back what it tells of. */
  async function linksOf(claimed: Claimed, stop: string | undefined): Promise<Links | undefined> {
    const { id, kind, user_id, appointment_id } = claimed;
    const visit = visitOf(claimed);
    if (kind !== 'reminder' || appointment_id === null || !visit || !claimed.is_active)
      return stop !== undefined && public_url !== undefined ? { stop: public_url + stop } : undefined;
    const answers = await transaction(db, (tx) =>
      links.forReminder(tx, { id, user_id, appointment_id, visit }),
    );
    return answers && { ...answers, pending: claimed.params.status === 'pending' };
  }

  function wordsOf(claimed: Claimed, locale: Locale, code: string | undefined): Words | undefined {
    const { kind, role, params, created_at } = claimed;
    return writeMessage(locale, {
      kind,
      role,
      params,
      visit: visitOf(claimed),
      clinic: clinic_name,
      public_url,
      whose: claimed.whose,
      happened: clock.wallOf(new Date(created_at)),
      today: clock.wall().date,
      ...(code !== undefined && { code }),
    });
  }

  return {
    /** @throws SendError when the message can never be sent as it is */
    async compose(claimed: Claimed): Promise<Outgoing> {
      const { channel, kind, created_at } = claimed;
      const secret = claimed.secret ? sealing.open(claimed.secret, claimed.key) : {};
      // What is for an old contact must not go to the one that took its place.
      if (!secret || (kind === 'code' && !secret.code) || (kind === 'contact_changed' && !secret.destination))
        throw new SendError('unreadable_secret', { permanent: true });
      const to = addressOf(claimed, secret.destination);
      if (!to) throw new SendError('no_address', { permanent: true });
      const locale = claimed.locale ?? default_locale;
      const words = wordsOf(claimed, locale, secret.code);
      if (!words) throw new SendError('nothing_to_say', { permanent: true });
      const shown = await linksOf(claimed, secret.stop);
      const text = withLinks(channel, words, shown, messageTexts(locale));
      return {
        channel,
        key: sealing.mark('provider_names', claimed.key),
        to,
        locale,
        title: words.title,
        ...(channel === 'email' ? composeEmail(words, shown, locale) : { text }),
        ...(channel === 'email' && { invitation: await invitations.write(claimed, to, locale) }),
        created_at,
      };
    },
  };
}

/** A person who has not proved that an address is theirs gets codes there, and nothing else. */
function addressOf(claimed: Claimed, destination: string | undefined): string | null {
  if (destination) return destination;
  const { channel, kind, email, email_verified, phone, phone_reaches, chat_id } = claimed;
  if (channel === 'telegram') return chat_id;
  const [address, verified] = channel === 'email' ? [email, email_verified] : [phone, phone_reaches];
  return verified || kind === 'code' ? address : null;
}
