import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Lead } from '../../core/messages.ts';
import type { Channel, Locale } from '../../core/words.ts';
import type { Db } from '../../db/client.ts';
import { loggable } from '../../db/errors.ts';
import type { Audit } from '../audit/index.ts';
import type { Guardians } from '../patients/index.ts';
import { type ChannelSettings, createSenders } from './channels/index.ts';
import { createCalendarInvitations } from './delivery/calendar-invitation.service.ts';
import { createDelivery } from './delivery/delivery.service.ts';
import { createSealing } from './delivery/sealing.service.ts';
import { tidy } from './delivery/upkeep.service.ts';
import { createWriting } from './delivery/writing.service.ts';
import { inboxRoutes } from './inbox/inbox.routes.ts';
import { createInbox } from './inbox/inbox.service.ts';
import { linksRoutes } from './links/links.routes.ts';
import { createLinks, type LinksDependencies } from './links/links.service.ts';
import { jobsOf } from './notifications.jobs.ts';
import { createOccasions, type OccasionsDependencies } from './occasions/occasions.service.ts';
import { createReminders } from './occasions/reminders.service.ts';
import { outboxRoutes } from './outbox/outbox.routes.ts';
import { createOutbox } from './outbox/outbox.service.ts';
import { preferencesRoutes } from './preferences/preferences.routes.ts';
import { createPreferences } from './preferences/preferences.service.ts';
import { askBotName, createBot } from './telegram/bot.service.ts';
import { type TelegramRoutesOptions, telegramRoutes } from './telegram/telegram.routes.ts';
import { createTelegramLinking } from './telegram/telegram.service.ts';
import { createTelling } from './telling/telling.service.ts';

export interface NotificationsDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  /** It stands in messages to patients. */
  clinic_name?: string | undefined;
  audit: Pick<Audit, 'record' | 'recordRead'>;
  guardians: Pick<Guardians, 'adult'>;
  default_locale: Locale;
  /** Where people reach this API, without a slash at the end. Without it messages have no links. */
  public_url: string | undefined;
  channels: ChannelSettings;
  /** The present signing secret, then those it replaced. */
  secrets: readonly string[];
  reminders: readonly Lead[];
  remind_doctor_hours: number;
  message_attempts: number;
  /** Cancels a visit for whoever answers a reminder so. */
  cancelling: LinksDependencies['cancelling'];
  /** Knows other times for a visit that falls out. */
  alternatives: OccasionsDependencies['alternatives'];
}

/** Everything by which people are told things, put together of its parts. */
export function createNotifications(dependencies: NotificationsDependencies) {
  const { db, clock, log, audit, clinic_name, default_locale, public_url, channels } = dependencies;
  const sealing = createSealing(dependencies.secrets);
  const senders = createSenders(channels, log, clock.now);
  const offered: ReadonlySet<Channel> = new Set(Object.keys(senders) as Channel[]);
  const inbox = createInbox({ db, clock, clinic_name });
  const { cancelling, guardians } = dependencies;
  const telling = createTelling({ clock, offered, sealing, inbox, guardians });
  const outbox = createOutbox({ db, clock, clinic_name, public_url, default_locale, audit });
  const preferences = createPreferences({ db, offered });
  const links = createLinks({ db, clock, sealing, public_url, telling, guardians, cancelling });
  const settings = channels.telegram;
  const botName = settings && (() => askBotName(settings, channels.timeout));
  const telegram = createTelegramLinking({
    db,
    clock,
    default_locale,
    botName,
    telling,
    audit,
    guardians,
  });
  const { reminders: leads, remind_doctor_hours, message_attempts: attempts, alternatives } = dependencies;
  const reminders = createReminders({ db, clock, leads, remind_doctor_hours, telling, guardians });
  const occasions = createOccasions({ db, clock, reminders, telling, guardians, alternatives });
  const sender = channels.email?.from;
  const invitations = createCalendarInvitations({ db, clock, clinic_name, guardians, sender });
  const written = { db, clock, clinic_name, default_locale, sealing, public_url, links, invitations };
  const writing = createWriting(written);
  const delivery = createDelivery({
    db,
    clock,
    log,
    senders,
    attempts,
    writing,
    telegram,
    telling,
    guardians,
  });

  return {
    telling,
    inbox,
    outbox,
    preferences,
    telegram,
    reader: occasions.reader,
    jobs: jobsOf({ occasions, reminders, delivery, tidy: () => tidy(db, clock, log) }),

    /** The bot that answers people, where one is set up. Of all processes one may run it. */
    bot: settings && createBot(settings, telegram, log),

    /** Lets go of the providers' connections. */
    close: delivery.close,

    /** @param owner asks once more whether it is the account's owner, before a chat is replaced */
    async routes(app: FastifyInstance, owner: TelegramRoutesOptions['owner']): Promise<void> {
      await app.register(inboxRoutes, { inbox, default_locale });
      await app.register(preferencesRoutes, { preferences });
      await app.register(outboxRoutes, { outbox });
      await app.register(telegramRoutes, { telegram, owner });
      await app.register(linksRoutes, { links, clock, default_locale, loggable });
    },
  };
}
