import type { Log } from '../../../core/log.ts';
import type { Channel } from '../../../core/words.ts';
import type { Sender } from './channel.ts';
import { createEmail, type EmailSettings } from './email.ts';
import { createEskiz, type EskizSettings } from './eskiz.ts';
import { createFileSender } from './file.ts';
import { createTelegram, type TelegramSettings } from './telegram.ts';
import { createTwilio, type TwilioSettings } from './twilio.ts';

export type { Outgoing, Sender, Sent } from './channel.ts';
export { SendError } from './channel.ts';

export interface ChannelSettings {
  email?: EmailSettings | undefined;
  eskiz?: EskizSettings | undefined;
  twilio?: TwilioSettings | undefined;
  telegram?: TelegramSettings | undefined;
  /** A file for emails and SMS that have no provider, outside production. Without it such a channel is not offered. */
  file?: string | undefined;
  /** Milliseconds in which a provider has to answer. */
  timeout: number;
}

export type Senders = Partial<Record<Channel, Sender>>;

/** The channels that are set up. Of several providers of SMS the first of the list sends. */
export function createSenders(settings: ChannelSettings, log: Log, now: () => Date): Senders {
  const { email, eskiz, twilio, telegram, file, timeout } = settings;
  const written = file === undefined ? undefined : createFileSender(file, log, now);
  const sms = [eskiz && createEskiz(eskiz, timeout, now), twilio && createTwilio(twilio, timeout), written];
  const senders: Record<Channel, Sender | undefined> = {
    email: email ? createEmail(email, timeout) : written,
    sms: sms.find((sender) => sender !== undefined),
    // Without a bot nobody can link a chat.
    telegram: telegram && createTelegram(telegram, timeout),
  };
  return Object.fromEntries(Object.entries(senders).filter(([, sender]) => sender));
}
