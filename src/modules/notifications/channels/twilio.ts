import { type Outgoing, SendError, type Sender, type Sent } from './channel.ts';
import { asText, member, request } from './http.ts';

export interface TwilioSettings {
  /** https://api.twilio.com */
  url: string;
  account_sid: string;
  auth_token: string;
  /** Our number, a short code, a sender's name, or the sid of a messaging service (MG…). */
  from: string;
}

/** The person asked their operator for no more messages from this number. */
const UNSUBSCRIBED = 21610;
/**
 * Something is wrong with our account or our sender (https://www.twilio.com/docs/api/errors): the account is not active, the
 * sender is missing or not valid, the messaging service does not exist or has no senders. Once the clinic corrects that,
 * everything can go out.
 */
const REFUSES_US = new Set([20005, 21212, 21603, 21606, 21659, 21660, 21701, 21703]);
const NEVER_SENT = new Set(['failed', 'undelivered', 'canceled']);

/**
 * SMS through Twilio (https://www.twilio.com/docs/messaging/api/message-resource): Basic auth, form bodies, 201 with a
 * `sid`; errors as `{ code, message, more_info, status }`.
 *
 * Guarantee: once. Twilio takes no name of ours for a message. After an attempt without an answer the latest messages to
 * that number are read, and one with the same text, made since then, counts as this message.
 */
export function createTwilio(settings: TwilioSettings, timeout: number): Sender {
  const messages = `${settings.url}/2010-04-01/Accounts/${settings.account_sid}/Messages.json`;
  const credentials = Buffer.from(`${settings.account_sid}:${settings.auth_token}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}` };
  const sender = settings.from.startsWith('MG') ? 'MessagingServiceSid' : 'From';

  return {
    async send({ to, text }: Outgoing): Promise<Sent> {
      const body = new URLSearchParams({ To: to, [sender]: settings.from, Body: text });
      const answer = await request(messages, { method: 'POST', headers, body }, timeout);
      const sid = asText(member(answer.body, 'sid'));
      if (answer.status === 201 && sid) return { provider_id: sid };
      throw refusal(answer);
    },

    async find({ to, text, created_at }: Outgoing): Promise<Sent | undefined> {
      const query = new URLSearchParams({ To: to, PageSize: '50' });
      const answer = await request(`${messages}?${query}`, { headers }, timeout);
      if (answer.status !== 200) throw refusal(answer);
      const list = member(answer.body, 'messages');
      // Twilio gives whole seconds.
      const since = Math.floor(Date.parse(created_at) / 1_000) * 1_000;
      const taken = (Array.isArray(list) ? list : []).find(
        (row) =>
          member(row, 'body') === text &&
          !NEVER_SENT.has(String(member(row, 'status'))) &&
          Date.parse(String(member(row, 'date_created'))) >= since,
      );
      const sid = asText(member(taken, 'sid'));
      return taken && (sid === undefined ? {} : { provider_id: sid });
    },
  };
}

function refusal({ status, body, retryAfter }: Awaited<ReturnType<typeof request>>): SendError {
  const code = member(body, 'code');
  const named = typeof code === 'number' ? String(code) : `http_${status}`;
  const wait = retryAfter === undefined ? {} : { retryAfter };
  // 20429, and faults on their side.
  if (status === 429) return new SendError(named, { outage: true, ...wait });
  if (status >= 500) return new SendError(named, { outage: true, uncertain: true, ...wait });
  // 20003 and similar codes are about our account or its settings. Once the clinic corrects these, everything can go out.
  const isOurs = typeof code === 'number' && REFUSES_US.has(code);
  if (isOurs || status === 401 || status === 402 || status === 403 || status === 404)
    return new SendError(named, { outage: true });
  return new SendError(named, { permanent: true, gone: code === UNSUBSCRIBED });
}
