import type { Channel as ChannelName, Locale } from '../../../core/words.ts';

/** One message on its way out, with everything personal in it. It is stored nowhere. */
export interface Outgoing {
  channel: ChannelName;
  /** The same for every attempt at the same message, for providers that let the sender name a message. */
  key: string;
  /** An email address, a phone in E.164, a Telegram chat. */
  to: string;
  locale: Locale;
  title: string;
  /** As this channel's readers see it, with links; an SMS has its short form. */
  text: string;
  /** For email. */
  html?: string;
  /** For email: what it means for the reader's calendar, as an iCalendar file (RFC 5546). */
  invitation?: { method: 'REQUEST' | 'CANCEL'; file: string } | undefined;
  /** When it was queued: nothing of it can have gone out before. */
  created_at: string;
}

export interface Sent {
  /** The provider's own name of it. */
  provider_id?: string;
}

/** A way to send. Where sending fails it throws a SendError, and nothing else. */
export interface Sender {
  send(message: Outgoing): Promise<Sent>;
  /**
   * Whether the provider already has this message. This is asked when an earlier attempt ended without an answer. A
   * provider that cannot tell has no `find`, and the message is sent again.
   */
  find?(message: Outgoing): Promise<Sent | undefined>;
  /** Closes its connections. */
  close?(): void;
}

interface SendErrorOptions {
  /** Another try would fail too. */
  permanent?: boolean;
  /** The provider may have taken it all the same. */
  uncertain?: boolean;
  /** Seconds that the provider asks to wait, with everything on this channel. */
  retryAfter?: number;
  /** The address no longer takes messages from us, and has to be forgotten. */
  gone?: boolean;
  /** The fault is with the provider, the network or the settings. The next message would fail too. */
  outage?: boolean;
}

/** Why a message did not go out. `code` is our code or the provider's; it is never the provider's text, which may name people. */
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
