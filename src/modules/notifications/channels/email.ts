import type { Transporter } from 'nodemailer';
import { type Outgoing, SendError, type Sender, type Sent } from './channel.ts';

export interface EmailSettings {
  /** smtp://user:password@host:587 or smtps://… */
  smtp_url: string;
  /** `Clinic <no-reply@clinic.example>` */
  from: string;
}

const CONNECTIONS = 5;
/** A mail server gets this many times the time limit. RFC 5321 would let it take minutes, which a worker does not have. */
const PATIENCE = 3;

/**
 * Email over SMTP, on a few pooled connections.
 *
 * Guarantee: a message may repeat, under one name. SMTP has no way to ask whether a message was taken. When the answer to
 * its last byte is lost it is sent again under the same Message-ID, and mailboxes that look at that show one of the two.
 */
export function createEmail(settings: EmailSettings, timeout: number): Sender {
  const domain = /@([^\s>]+)/.exec(settings.from)?.[1] ?? 'localhost';
  let transporter: Promise<Transporter> | undefined;

  const connect = async (): Promise<Transporter> => {
    // Loaded with the first email: at start it would cost 60 ms, also where no email is ever sent.
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url: settings.smtp_url,
      pool: true,
      maxConnections: CONNECTIONS,
      // By itself it would send again what a broken connection may have delivered.
      maxRequeues: 0,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      dnsTimeout: timeout,
      socketTimeout: timeout * PATIENCE,
      disableFileAccess: true,
      disableUrlAccess: true,
    } as Parameters<typeof createTransport>[0]);
  };

  return {
    async send({ key, to, locale, title, text, html, invitation }: Outgoing): Promise<Sent> {
      transporter ??= connect();
      const messageId = `<${key}@${domain}>`;
      try {
        await (await transporter).sendMail({
          from: settings.from,
          // An object, not a text: an address is never read as a list of them.
          to: { name: '', address: to },
          subject: title,
          text,
          ...(html !== undefined && { html }),
          // The last alternative, and the same as a file for programs that show no invitations (RFC 6047, section 2.4).
          ...(invitation && {
            icalEvent: { method: invitation.method, content: invitation.file, filename: 'invite.ics' },
          }),
          messageId,
          // RFC 3834: no holiday notice answers it.
          headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': locale },
        });
        return { provider_id: messageId };
      } catch (error) {
        throw asSendError(error);
      }
    },
    close() {
      void transporter?.then((open) => open.close()).catch(() => {});
      transporter = undefined;
    },
  };
}

const OF_THE_MESSAGE = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
/** The service is closing (421), or wants another sign-in than ours (RFC 4954, section 6). */
const REFUSES_US = new Set([421, 454, 530, 534, 535, 538]);

interface SmtpFailure {
  code?: string;
  command?: string;
  syscall?: string;
  responseCode?: number;
}

function asSendError(error: unknown): SendError {
  const { code = 'unknown', command = '', syscall, responseCode } = error as SmtpFailure;
  // Our own user name or password: the clinic corrects its settings, and then everything can go out.
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2')
    return new SendError(`smtp_${responseCode ?? 'auth'}`, { outage: true });
  if (responseCode !== undefined) {
    // Only these commands are about the message (RFC 5321, section 4.2.1). Such an answer to a greeting, EHLO or AUTH refuses
    // us, and so does a server that asks for another sign-in in the middle: every other message would fail as well.
    const outage = !OF_THE_MESSAGE.has(command) || REFUSES_US.has(responseCode);
    // 503 says only that the conversation went astray.
    const permanent = !outage && responseCode >= 500 && responseCode !== 503;
    return new SendError(`smtp_${responseCode}`, { permanent, outage });
  }
  if (code === 'EENVELOPE') return new SendError('smtp_envelope', { permanent: true });
  if (syscall === 'connect' || code === 'EDNS') return new SendError('unreachable', { outage: true });
  // nodemailer names the same command whenever a connection breaks, so the message may have been handed over.
  if (code === 'ETIMEDOUT') return new SendError('timeout', { outage: true, uncertain: true });
  if (/ECONNECTION|ESOCKET|ETLS|ECONN|EPROTOCOL/.test(code))
    return new SendError('cut_off', { outage: true, uncertain: true });
  return new SendError(`smtp_${code.toLowerCase()}`, { uncertain: true });
}
