import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../../../core/log.ts';
import type { Outgoing, Sender, Sent } from './channel.ts';

/**
 * Writes messages, with their codes and links, into a file that a developer can read, and sends nothing. The log gets one
 * line that holds none of their words.
 * @param file such as .data/messages.log; readable by its owner only
 */
export function createFileSender(file: string, log: Log, now: () => Date): Sender {
  let ready: Promise<unknown> | undefined;
  return {
    async send({ channel, key, to, locale, title, text }: Outgoing): Promise<Sent> {
      ready ??= mkdir(dirname(file), { recursive: true });
      await ready;
      const head = `${now().toISOString()}  ${channel} to ${to}, in ${locale}`;
      const body = channel === 'sms' ? text : `${title}\n\n${text}`;
      await appendFile(file, `${head}\n\n${body.replaceAll(/^/gm, '    ')}\n\n`, { mode: 0o600 });
      log.info({ channel, key }, 'a message was written to the file of messages instead of being sent');
      return { provider_id: 'file' };
    },
  };
}
