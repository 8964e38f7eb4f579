import type { Transporter } from 'nodemailer';
import { type Outgoing, SendError, type Sender, type Sent } from './channel.ts';

export interface EmailSettings {
  /** smtp://user:password@host:587 or smtps://… */
  smtp_url: string;
  /** `Clinic <no-reply@clinic.example>` */
  from: string;
}

const CONNECTIONS = 5;
/** What a mail server is given to answer; RFC 5321 would let it take minutes, which a worker has not. */
const PATIENCE = 3;

/**
 * Email over SMTP, on a few pooled connections.
 *
 * Guarantee: may repeat, under one name. SMTP has no way to ask whether a message was taken; when the answer to its
 * last byte is lost it is sent again, under the same Message-ID, by which mailboxes that look at it show one of the two.
 */
export function createEmail(settings: EmailSettings, timeout: number): Sender {
  const domain = /@([^\s>]+)/.exec(settings.from)?.[1] ?? 'localhost';
  let transporter: Promise<Transporter> | undefined;

  const connect = async (): Promise<Transporter> => {
    // Loaded with the first email: 60 ms at start for whoever sends none.
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url: settings.smtp_url,
      pool: true,
      maxConnections: CONNECTIONS,
      // It would send again by itself what a broken connection may have delivered.
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
    async send({ key, to, locale, title, text, html }: Outgoing): Promise<Sent> {
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
          messageId,
          // RFC 3834: nobody's holiday notice answers it.
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
/** The service is closing (421), or wants us to sign in, otherwise than we do (RFC 4954, section 6). */
const REFUSES_US = new Set([421, 454, 530, 534, 535, 538]);

interface SmtpFailure {
  code?: string;
  command?: string;
  syscall?: string;
  responseCode?: number;
}

function asSendError(error: unknown): SendError {
  const { code = 'unknown', command = '', syscall, responseCode } = error as SmtpFailure;
  // Our own user name or password: mended by whoever runs the clinic, and then everything can go out.
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2')
    return new SendError(`smtp_${responseCode ?? 'auth'}`, { outage: true });
  if (responseCode !== undefined) {
    // Only these are about the message (RFC 5321, section 4.2.1). A greeting, EHLO or AUTH that is answered so refuses
    // us, as does a server that asks for another sign-in in the middle: every other message would fail as well.
    const outage = !OF_THE_MESSAGE.has(command) || REFUSES_US.has(responseCode);
    // 503 says only that the conversation went astray.
    const permanent = !outage && responseCode >= 500 && responseCode !== 503;
    return new SendError(`smtp_${responseCode}`, { permanent, outage });
  }
  if (code === 'EENVELOPE') return new SendError('smtp_envelope', { permanent: true });
  if (syscall === 'connect' || code === 'EDNS') return new SendError('unreachable', { outage: true });
  // nodemailer names the same command for a connection that broke at any moment: it may have been the last one.
  if (code === 'ETIMEDOUT') return new SendError('timeout', { outage: true, uncertain: true });
  if (/ECONNECTION|ESOCKET|ETLS|ECONN|EPROTOCOL/.test(code))
    return new SendError('cut_off', { outage: true, uncertain: true });
  return new SendError(`smtp_${code.toLowerCase()}`, { uncertain: true });
}
