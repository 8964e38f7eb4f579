import type { Channel as ChannelName, Locale } from '../../../core/words.ts';

/** One message on its way out, with everything personal in it; it is kept nowhere. */
export interface Outgoing {
  channel: ChannelName;
  /** The same for every attempt at the same message: for providers that let the sender name it. */
  key: string;
  /** An email address, a phone in E.164, a Telegram chat. */
  to: string;
  locale: Locale;
  title: string;
  /** As this channel's readers see it: an SMS in its short form, links included. */
  text: string;
  /** For email. */
  html?: string;
  /** When it was queued: nothing of it can have gone out before. */
  created_at: string;
}

export interface Sent {
  /** The provider's own name of it. */
  provider_id?: string;
}

/** A way to send. It throws a SendError and nothing else where sending fails. */
export interface Sender {
  send(message: Outgoing): Promise<Sent>;
  /**
   * Whether the provider already has this message, asked when an earlier attempt ended without an answer. Providers
   * that cannot tell leave it out: such a message is sent again.
   */
  find?(message: Outgoing): Promise<Sent | undefined>;
  /** Lets go of connections. */
  close?(): void;
}

export interface SendErrorOptions {
  /** Trying again can only fail again. */
  permanent?: boolean;
  /** The provider may have taken it all the same. */
  uncertain?: boolean;
  /** Seconds the provider asks to wait; for everything on this channel. */
  retryAfter?: number;
  /** The address no longer takes anything from us: it is to be forgotten. */
  gone?: boolean;
  /** Nothing is wrong with the message: provider, network or settings are, and would be for the next one too. */
  outage?: boolean;
}

/** Why a message did not go out. `code` is ours or the provider's, never its text, which may name people. */
export class SendError extends Error {
  readonly code: string;
  readonly permanent: boolean;
  readonly uncertain: boolean;
  readonly retryAfter: number | undefined;
  readonly gone: boolean;
  readonly outage: boolean;

  constructor(code: string, options: SendErrorOptions = {}) {
    super(code);
    this.name = 'SendError';
    this.code = code;
    this.permanent = options.permanent ?? false;
    this.uncertain = options.uncertain ?? false;
    this.retryAfter = options.retryAfter;
    this.gone = options.gone ?? false;
    this.outage = options.outage ?? false;
  }
}
