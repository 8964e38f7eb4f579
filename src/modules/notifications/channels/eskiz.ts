import { type Outgoing, SendError, type Sender, type Sent } from './channel.ts';
import { type Answer, asText, member, request } from './http.ts';

export interface EskizSettings {
  /** https://notify.eskiz.uz */
  url: string;
  email: string;
  password: string;
  /** The sender's name that Eskiz has approved; everybody may use 4546. */
  from: string;
}

const REFUSES_US = new Set([401, 402, 403, 404]);

/** How many pages of a report are searched. */
const PAGES = 10;
const PAGE_SIZE = 200;
/** Eskiz writes the wall clock of Tashkent, which has no daylight saving. */
const TASHKENT = 5 * 3_600_000;
const MARGIN = 2 * 60_000;

/**
 * SMS through Eskiz.uz (https://documenter.getpostman.com/view/663428/RzfmES4z). Email and password give a token that is valid
 * for a month; requests are multipart forms; `{ id, status, message }` answers what was taken.
 *
 * Guarantee: once. Each message carries our own `user_sms_id`. After an attempt without an answer the day's report is
 * searched for it before the message is sent again. Where the report has no such name, text and phone are compared.
 */
export function createEskiz(settings: EskizSettings, timeout: number, now: () => Date): Sender {
  let token: string | undefined;

  async function login(): Promise<string> {
    const { email, password } = settings;
    const answer = await request(
      `${settings.url}/api/auth/login`,
      { method: 'POST', body: form({ email, password }) },
      timeout,
    ).catch((error) => {
      // This request hands nothing over, so the message itself cannot have gone out.
      throw error instanceof SendError ? new SendError(`login_${error.code}`, { outage: true }) : error;
    });
    const given = asText(member(answer.body, 'data', 'token'));
    if (answer.status !== 200 || !given) throw new SendError(`login_${answer.status}`, { outage: true });
    token = given;
    return given;
  }

  /** The token may have expired or been replaced: after one refusal a new one is fetched, and the next refusal is final. */
  async function authorized(path: string, body: Record<string, string>): Promise<Answer> {
    const send = (bearer: string) =>
      request(
        `${settings.url}${path}`,
        { method: 'POST', body: form(body), headers: { authorization: `Bearer ${bearer}` } },
        timeout,
      );
    const first = await send(token ?? (await login()));
    if (first.status !== 401) return first;
    token = undefined;
    return send(await login());
  }

  return {
    async send({ key, to, text }: Outgoing): Promise<Sent> {
      const answer = await authorized('/api/message/sms/send', {
        mobile_phone: to.replace(/^\+/, ''),
        message: text,
        from: settings.from,
        user_sms_id: key,
      });
      const { status, body } = answer;
      const id = asText(member(body, 'id'));
      if (status === 200 && id && member(body, 'status') !== 'error') return { provider_id: id };
      // Something is wrong with our account, its balance or its address: every other message would be refused too.
      if (REFUSES_US.has(status)) throw new SendError(`http_${status}`, { outage: true });
      if (status === 429 || status >= 500) throw outage(answer);
      // 400 and 422 name a wrong field; 200 with `status: error` a text or a number that Eskiz does not take.
      throw new SendError(status === 200 ? 'refused' : `http_${status}`, { permanent: true });
    },

    async find({ key, to, text, created_at }: Outgoing): Promise<Sent | undefined> {
      const phone = to.replace(/^\+/, '');
      for (let page = 1; page <= PAGES; page += 1) {
        const answer = await authorized(`/api/message/sms/get-user-messages?page=${page}`, {
          start_date: wall(Date.parse(created_at) - MARGIN),
          // One page of the documentation calls it `to_date`, and its example `end_date`.
          to_date: wall(now().getTime() + MARGIN),
          end_date: wall(now().getTime() + MARGIN),
          page_size: String(PAGE_SIZE),
          count: '0',
        });
        if (answer.status !== 200) throw outage(answer);
        const rows = rowsOf(answer.body);
        const taken = rows.find((row) => {
          const named = asText(member(row, 'user_sms_id'));
          if (named) return named === key;
          return asText(member(row, 'to')) === phone && member(row, 'message') === text;
        });
        if (taken) {
          const provider_id = asText(member(taken, 'request_id')) ?? asText(member(taken, 'id'));
          return provider_id === undefined ? {} : { provider_id };
        }
        if (!member(answer.body, 'data', 'next_page_url')) return undefined;
      }
      return undefined;
    },
  };
}

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

const outage = ({ status, retryAfter }: Answer) =>
  new SendError(`http_${status}`, {
    outage: true,
    // A gateway may have stopped waiting for a request that went through.
    uncertain: status >= 500,
    ...(retryAfter !== undefined && { retryAfter }),
  });

/** `YYYY-MM-DD HH:mm` */
const wall = (ms: number) => new Date(ms + TASHKENT).toISOString().slice(0, 16).replace('T', ' ');

/** The list stands under `result`, and in older answers under `data`. */
function rowsOf(body: unknown): unknown[] {
  for (const name of ['result', 'data']) {
    const rows = member(body, 'data', name);
    if (Array.isArray(rows)) return rows;
  }
  return [];
}
