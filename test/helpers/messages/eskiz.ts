import { type Asked, behaviour, give, json, type Received, serve } from './serve.ts';

/** https://documenter.getpostman.com/view/663428/RzfmES4z */
export async function startEskiz() {
  const state = behaviour();
  const account = {
    email: 'clinic@example.uz',
    password: 'api-password',
    tokens: new Set<string>(),
    logins: 0,
  };
  const server = await serve(async (asked, response): Promise<unknown> => {
    state.requests.push(asked);
    if (asked.path === '/api/auth/login') {
      account.logins += 1;
      if (asked.fields.email !== account.email || asked.fields.password !== account.password)
        return json(response, 401, { message: 'Invalid credentials', status: 'error' });
      const token = `token-${account.logins}`;
      account.tokens.add(token);
      return json(response, 200, { message: 'token_generated', data: { token }, token_type: 'bearer' });
    }
    const bearer = String(asked.headers.authorization ?? '').replace(/^Bearer /, '');
    if (!account.tokens.has(bearer))
      return json(response, 401, { message: 'Expired', status: 'token-expired' });
    const trouble = state.troubles.shift();
    if (trouble) return give(trouble, response);
    if (asked.path === '/api/message/sms/get-user-messages')
      return json(response, 200, report(asked, state.taken));
    const { mobile_phone = '', message = '', user_sms_id } = asked.fields;
    if (!/^998\d{9}$/.test(mobile_phone))
      return json(response, 400, {
        status: 'error',
        message: { mobile_phone: ['The mobile phone format is invalid.'] },
      });
    state.taken.push({ to: mobile_phone, text: message, ...(user_sms_id && { key: user_sms_id }) });
    await state.onTaken(state.taken.length);
    const lost = state.after.shift();
    if (lost) return give(lost, response);
    return json(response, 200, {
      id: `request-${user_sms_id}`,
      message: 'Waiting for SMS provider',
      status: 'waiting',
    });
  });
  return Object.assign(server, state, {
    account,
    state,
    settings: { url: server.url, email: account.email, password: account.password, from: '4546' },
  });
}

/** The report that Eskiz calls Детализация, newest first, a page at a time. */
function report({ query, fields }: Asked, taken: readonly Received[]) {
  const page = Number(query.get('page') ?? 1);
  const size = Number(fields.page_size);
  const rows = [...taken].reverse().slice((page - 1) * size, page * size);
  const more = taken.length > page * size;
  return {
    data: {
      current_page: page,
      next_page_url: more ? `/api/message/sms/get-user-messages?page=${page + 1}` : null,
      per_page: size,
      total: taken.length,
      result: rows.map(({ to, text, key }, index) => ({
        id: index,
        user_sms_id: key,
        request_id: `request-${key}`,
        to,
        message: text,
        status: 'ACCEPTED',
      })),
    },
    status: 'success',
  };
}
