import type { ServerResponse } from 'node:http';
import { type Asked, behaviour, give, json, serve } from './serve.ts';

const ok = (response: ServerResponse, result: unknown) => void json(response, 200, { ok: true, result });

/** https://core.telegram.org/bots/api: sendMessage, and getUpdates for whoever polls. */
export async function startTelegram() {
  const state = behaviour();
  const token = '123456:test-token';
  const updates: { update_id: number; message: object }[] = [];
  const waiting = new Set<() => void>();
  const refusal = (error_code: number, description: string, parameters?: object) => ({
    status: error_code,
    body: { ok: false, error_code, description, ...(parameters && { parameters }) },
  });
  let serial = 0;
  let polls = 0;

  async function sendMessage(asked: Asked, response: ServerResponse): Promise<void> {
    state.requests.push(asked);
    const trouble = state.troubles.shift();
    if (trouble) return give(trouble, response);
    const { chat_id, text = '' } = asked.fields;
    state.taken.push({ to: String(chat_id), text });
    await state.onTaken(state.taken.length);
    const lost = state.after.shift();
    if (lost) return give(lost, response);
    ok(response, { message_id: state.taken.length, date: 0, chat: { id: chat_id, type: 'private' }, text });
  }

  /** Held until there is something, as long polling is, or until whoever asks has gone. */
  function getUpdates({ fields }: Asked, response: ServerResponse) {
    const { offset = 0, timeout = 0 } = fields as unknown as { offset?: number; timeout?: number };
    if (waiting.size > 0)
      return give(refusal(409, 'Conflict: terminated by other getUpdates request'), response);
    polls += 1;
    const fresh = () => updates.filter(({ update_id }) => update_id >= offset);
    if (fresh().length > 0 || timeout === 0) return ok(response, fresh());
    const answer = () => {
      waiting.delete(answer);
      if (!response.writableEnded) ok(response, fresh());
    };
    waiting.add(answer);
    response.on('close', () => waiting.delete(answer));
  }

  const bot = { id: 1, is_bot: true, first_name: 'Clinic', username: 'clinic_test_bot' };
  const methods: Record<string, (asked: Asked, response: ServerResponse) => unknown> = {
    getMe: (_, response) => ok(response, bot),
    deleteWebhook: (_, response) => ok(response, true),
    getUpdates,
    sendMessage,
  };
  const server = await serve((asked, response) => {
    const [, path, method = ''] = asked.path.split('/');
    if (path !== `bot${token}`) return give(refusal(401, 'Unauthorized'), response);
    const call = methods[method];
    if (!call) return give(refusal(404, 'Not Found'), response);
    void call(asked, response);
  });
  return Object.assign(server, state, {
    state,
    refusal,
    settings: { token, api_url: server.url },
    polls: () => polls,
    /** Somebody writes to the bot. */
    write(chat: number, text: string, { language = 'uz', type = 'private' } = {}): void {
      serial += 1;
      const [command = ''] = text.split(' ');
      updates.push({
        update_id: serial,
        message: {
          message_id: serial,
          date: 0,
          text,
          chat: { id: chat, type, first_name: 'Aziza' },
          from: { id: chat, is_bot: false, first_name: 'Aziza', language_code: language },
          ...(text.startsWith('/') && {
            entities: [{ type: 'bot_command', offset: 0, length: command.length }],
          }),
        },
      });
      for (const answer of [...waiting]) answer();
    },
    /** Resolves with the bot's answers in a chat once there are that many. */
    async answered(chat: number, count: number): Promise<string[]> {
      for (;;) {
        const answers = state.taken.filter(({ to }) => to === String(chat)).map(({ text }) => text);
        if (answers.length >= count) return answers;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  });
}
