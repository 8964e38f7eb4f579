import { behaviour, give, json, serve } from './serve.ts';

/** https://www.twilio.com/docs/messaging/api/message-resource and /docs/api/errors */
export async function startTwilio() {
  const state = behaviour();
  const settings = { account_sid: 'AC0123', auth_token: 'twilio-auth', from: '+15005550006' };
  const made: { sid: string; body: string; to: string; date_created: string; status: string }[] = [];
  const error = (status: number, code: number, message: string) => ({
    status,
    body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
  });
  const server = await serve(async (asked, response): Promise<unknown> => {
    state.requests.push(asked);
    const expected = `Basic ${Buffer.from(`${settings.account_sid}:${settings.auth_token}`).toString('base64')}`;
    if (asked.headers.authorization !== expected) return give(error(401, 20003, 'Authenticate'), response);
    const trouble = state.troubles.shift();
    if (trouble) return give(trouble, response);
    if (asked.method === 'GET') {
      const messages = made.filter(({ to }) => to === asked.query.get('To')).reverse();
      return json(response, 200, { messages: messages.slice(0, Number(asked.query.get('PageSize'))) });
    }
    const { To = '', Body = '' } = asked.fields;
    if (!/^\+\d{10,15}$/.test(To))
      return give(error(400, 21211, "The 'To' number is not a valid phone number."), response);
    state.taken.push({ to: To, text: Body });
    const sid = `SM${String(state.taken.length).padStart(32, '0')}`;
    const row = { sid, body: Body, to: To, status: 'queued', date_created: new Date().toUTCString() };
    made.push(row);
    await state.onTaken(state.taken.length);
    const lost = state.after.shift();
    if (lost) return give(lost, response);
    return json(response, 201, {
      ...row,
      account_sid: settings.account_sid,
      error_code: null,
      num_segments: '1',
    });
  });
  return Object.assign(server, state, { state, error, settings: { url: server.url, ...settings } });
}
