import { Api, type HttpResponse } from '../generated/sta/client.ts';
import { fail, journey, SERVER } from '../journey.ts';

// It reads as JSON only what is answered by a response written out in place, not by one that is referred to: said here.
const { api } = new Api({ baseUrl: SERVER, baseApiParams: { format: 'json' } });
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** Refusals are thrown: the answer, whose `error` has the type that the method documents. */
async function refusal<Data, Problem>(
  sent: Promise<HttpResponse<Data, Problem>>,
): Promise<{ data: Data; error?: never } | { data?: never; error: Problem }> {
  try {
    return { data: (await sent).data };
  } catch (answer) {
    if (answer instanceof Response) return { error: (answer as HttpResponse<Data, Problem>).error };
    throw answer;
  }
}

await journey('swagger-typescript-api', {
  async register(username, password) {
    await api.register({ username, password, role: 'patient' });
  },
  async signIn(username, password) {
    return (await api.login({ username, password })).data.access;
  },
  async search(token) {
    return (await api.searchTimeslots({}, as(token))).data.results.map(({ id }) => id);
  },
  async book(token, timeslot, key) {
    const { headers } = as(token);
    const sent = api.bookAppointment({ timeslot }, { headers: { ...headers, 'Idempotency-Key': key } });
    const { data, error } = await refusal(sent);
    if (data) return data.id;
    if (error?.code === 'slot_taken')
      return { refused: error.code, alternatives: error.alternatives.map(({ id }) => id) };
    return fail('book', error);
  },
  async list(token) {
    return (await api.listOwnAppointments({}, as(token))).data.results.map(({ id }) => id);
  },
  async cancel(token, id) {
    await api.cancelAppointment(id, {}, as(token));
  },
});
