import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Lead } from '../../core/messages.ts';
import { activeStatuses, type Channel, type Locale } from '../../core/words.ts';
import type { Db, Tx } from '../../db/client.ts';
import { loggable } from '../../db/errors.ts';
import { type ChannelSettings, createSenders } from './channels/index.ts';
import { createDelivery } from './delivery.service.ts';
import { appointmentEvents, createEvents, type EventsDependencies } from './events.service.ts';
import { linksRoutes } from './links.routes.ts';
import { createLinks, type LinksDependencies } from './links.service.ts';
import { messagesRoutes } from './messages.routes.ts';
import { channelsFor } from './messages.rules.ts';
import { createSealing } from './messages.sealing.ts';
import { createMessages, type MessagesDependencies } from './messages.service.ts';
import { createReminders } from './reminders.service.ts';
import { askBotName, createBot } from './telegram.bot.ts';
import { type TelegramRoutesOptions, telegramRoutes } from './telegram.routes.ts';
import { createTelegramLinking } from './telegram.service.ts';

export interface MessagingDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  default_locale: Locale;
  channels: ChannelSettings;
  /** The present signing secret, then those it replaced. */
  secrets: readonly string[];
  public_url: string | undefined;
  reminders: readonly Lead[];
  remind_doctor_hours: number;
  message_attempts: number;
  addNotification: MessagesDependencies['addNotification'];
  appointments: LinksDependencies['appointments'];
  timeslots: EventsDependencies['timeslots'];
  audit: MessagesDependencies['audit'];
}

const when = z.object({ date: z.string(), start_time: z.string() });
const eventPayload = z.object({
  appointment: z.int(),
  event: z.enum(appointmentEvents),
  status: z.enum(activeStatuses).optional(),
  version: z.int().optional(),
  by: z.int().nullable().optional(),
  from: when.optional(),
  to: when.optional(),
});
const offerPayload = when.extend({
  offer: z.int(),
  event: z.enum(['offered', 'lapsed', 'withdrawn']),
  patient: z.int(),
  doctor: z.int(),
  expires_at: z.string(),
});
const remindPayload = when.partial().extend({ appointment: z.int(), lead: z.string() });
const nudgePayload = when.extend({ appointment: z.int() });
const personPayload = z.object({ person: z.int() });
const sendPayload = z.object({ message: z.int() });

/** Everything of this module, put together: its service, its routes, its background jobs, its bot. */
export function createMessaging(dependencies: MessagingDependencies) {
  const { db, clock, log, default_locale, channels, public_url } = dependencies;
  const { remind_doctor_hours, message_attempts } = dependencies;
  const { addNotification, appointments, timeslots, audit } = dependencies;
  const sealing = createSealing(dependencies.secrets);
  const senders = createSenders(channels, log, clock.now);
  const offered: ReadonlySet<Channel> = new Set(Object.keys(senders) as Channel[]);
  const messages = createMessages({ db, clock, default_locale, offered, sealing, addNotification, audit });
  const { enqueue, redirect } = messages;
  const links = createLinks({ db, clock, sealing, public_url, enqueue, appointments });
  const bot = channels.telegram;
  const botName = bot && (() => askBotName(bot, channels.timeout));
  const telegram = createTelegramLinking({ db, clock, default_locale, botName, enqueue, audit });
  const reminders = createReminders({
    db,
    clock,
    leads: dependencies.reminders,
    remind_doctor_hours,
    enqueue,
  });
  const events = createEvents({ db, clock, reminders, enqueue, timeslots });
  const delivery = createDelivery({
    db,
    clock,
    log,
    default_locale,
    senders,
    sealing,
    public_url,
    attempts: message_attempts,
    links,
    telegram,
    redirect,
  });

  return {
    ...messages,
    channelsFor,
    unlinkTelegram: (tx: Tx, user: number): Promise<void> => telegram.unlink(tx, user),

    /** What runs in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
    jobs: {
      tasks: {
        appointment_event: async (payload: unknown) => {
          const { appointment, ...told } = eventPayload.parse(payload);
          await events.onAppointment(appointment, told);
        },
        waitlist_event: async (payload: unknown) => events.onOffer(offerPayload.parse(payload)),
        remind: async (payload: unknown) => {
          const { appointment, lead, ...planned } = remindPayload.parse(payload);
          await reminders.remind(appointment, lead, planned);
        },
        remind_doctor: async (payload: unknown) => {
          const { appointment, ...planned } = nudgePayload.parse(payload);
          await reminders.remindDoctor(appointment, planned);
        },
        plan_reminders: async (payload: unknown) => reminders.planAnew(personPayload.parse(payload).person),
        send_message: async (payload: unknown) => delivery.send(sendPayload.parse(payload).message),
        tidy_messages: async () => {
          const lost = await messages.tidy();
          if (lost > 0) log.warn({ messages: lost }, 'messages without a job got one again');
        },
      },
      repeated: [{ task: 'tidy_messages', match: '*/10 * * * *' }],
    },

    /** The bot that answers people, where one is set up; one process of all may run it. */
    bot: bot && createBot(bot, telegram, log),

    close: delivery.close,

    /** @param owner asks once more whether it is the account's owner */
    async register(app: FastifyInstance, owner: TelegramRoutesOptions['owner']): Promise<void> {
      await app.register(messagesRoutes, { messages });
      await app.register(telegramRoutes, { telegram, owner });
      await app.register(linksRoutes, { links, clock, default_locale, loggable });
    },
  };
}
