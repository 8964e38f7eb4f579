import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import type { AfterTaking } from './serve.ts';

export interface Mail {
  message_id: string;
  to: string;
  subject: string;
  raw: string;
}

/** A real SMTP server, from npm. */
export async function startSmtp() {
  const mails: Mail[] = [];
  const state = {
    /** Refuses a recipient, as RFC 5321 numbers it; used up one by one. */
    recipients: [] as { code: number; text: string }[],
    /** Answers the end of a message with this; `drop` takes the message and breaks the connection instead. */
    ends: [] as ({ code: number; text: string } | 'drop')[],
    onTaken: (() => {}) as AfterTaking,
    logins: { user: 'clinic', pass: 'smtp-password' },
  };
  const refusal = ({ code, text }: { code: number; text: string }) =>
    Object.assign(new Error(text), { responseCode: code });
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      const right = username === state.logins.user && password === state.logins.pass;
      done(right ? null : refusal({ code: 535, text: 'Authentication failed' }), { user: username });
    },
    onRcptTo(_address, _session, done) {
      const refused = state.recipients.shift();
      done(refused ? refusal(refused) : null);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        const end = state.ends.shift();
        if (end && end !== 'drop') return done(refusal(end));
        const header = (name: string) =>
          new RegExp(`^${name}: (.*(?:\r?\n[ \t].*)*)`, 'im').exec(raw)?.[1] ?? '';
        mails.push({
          message_id: header('message-id').trim(),
          to: session.envelope.rcptTo.map(({ address }) => address).join(),
          subject: decodeWords(header('subject')),
          raw,
        });
        await state.onTaken(mails.length);
        if (end === 'drop') {
          for (const connection of server.connections)
            (connection as unknown as Connection)._socket.destroy();
          return;
        }
        done();
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const { user, pass } = state.logins;
  return {
    mails,
    state,
    settings: {
      smtp_url: `smtp://${user}:${pass}@127.0.0.1:${address.port}`,
      from: 'Clinic <no-reply@clinic.example>',
    },
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

interface Connection {
  _socket: { destroy: () => void };
}

/** RFC 2047, as mail programs show a subject. */
function decodeWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('utf8')
        : decodeQuoted(word.replaceAll('_', ' ')),
    );
}

/** The text/plain part of a mail, decoded. */
export function plainPart({ raw }: Mail): string {
  const boundary = /boundary="?([^"\r\n]+)"?/.exec(raw)?.[1] ?? '';
  const part = raw.split(`--${boundary}`).find((text) => /content-type: text\/plain/i.test(text)) ?? raw;
  const [head = '', ...rest] = part.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n').replaceAll('\r\n', '\n').trimEnd();
  const encoding = /content-transfer-encoding: ([\w-]+)/i.exec(head)?.[1];
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? decodeQuoted(body.replaceAll('=\n', '')) : body;
}

const decodeQuoted = (text: string) =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
