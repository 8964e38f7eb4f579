import type { Api } from 'grammy';
import { type Outgoing, SendError, type Sender, type Sent } from './channel.ts';

export interface TelegramSettings {
  token: string;
  /** https://api.telegram.org */
  api_url: string;
}

/**
 * Telegram through a bot (https://core.telegram.org/bots/api#sendmessage).
 *
 * Guarantee: a message may repeat. The Bot API takes no name of ours for a message, and lets no bot read what it has sent.
 * When the answer is lost, the message is sent again.
 */
export function createTelegram(settings: TelegramSettings, timeout: number): Sender {
  let api: Promise<Api> | undefined;
  const connect = async (): Promise<Api> => {
    const { Api } = await import('grammy');
    return new Api(settings.token, {
      apiRoot: settings.api_url,
      timeoutSeconds: timeout / 1_000,
    });
  };

  return {
    async send({ to, title, text }: Outgoing): Promise<Sent> {
      api ??= connect();
      try {
        const sent = await (await api).sendMessage(to, `${title}\n\n${text}`, {
          entities: [{ type: 'bold', offset: 0, length: title.length }],
          link_preview_options: { is_disabled: true },
        });
        return { provider_id: String(sent.message_id) };
      } catch (error) {
        throw asSendError(error);
      }
    },
  };
}

/** What grammY throws: an answer of the Bot API, or the reason why none came. */
interface BotFailure {
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: number };
  error?: unknown;
}

const NO_SUCH_CHAT = /chat not found|user is deactivated|bot was blocked|bot can't initiate/i;

function asSendError(failure: unknown): SendError {
  const { error_code, description = '', parameters, error } = failure as BotFailure;
  if (error_code === undefined) {
    const refused = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(codeOf(error));
    const late = error instanceof Error && error.message.includes('timed out');
    const code = refused ? 'unreachable' : late ? 'timeout' : 'cut_off';
    return new SendError(code, { outage: true, uncertain: !refused });
  }
  const code = `telegram_${error_code}`;
  if (error_code === 429)
    return new SendError(code, { outage: true, retryAfter: Math.min(parameters?.retry_after ?? 5, 3_600) });
  if (error_code >= 500) return new SendError(code, { outage: true, uncertain: true });
  // The token is wrong or revoked: the clinic has to correct that setting.
  if (error_code === 401 || error_code === 404) return new SendError(code, { outage: true });
  const gone = error_code === 403 || NO_SUCH_CHAT.test(description);
  return new SendError(code, { permanent: true, gone });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
