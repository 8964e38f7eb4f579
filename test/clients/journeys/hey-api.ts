import { client } from '../generated/hey-api/client.gen.ts';
import * as api from '../generated/hey-api/sdk.gen.ts';
import { fail, journey, SERVER } from '../journey.ts';

client.setConfig({ baseUrl: SERVER as never });
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

await journey('hey-api', {
  async register(username, password) {
    const { error } = await api.register({ body: { username, password, role: 'patient' } });
    if (error) fail('register', error);
  },
  async signIn(username, password) {
    const { data, error } = await api.login({ body: { username, password } });
    return data?.access ?? fail('login', error);
  },
  async search(token) {
    const { data, error } = await api.searchTimeslots(as(token));
    return data?.results.map(({ id }) => id) ?? fail('search', error);
  },
  async book(token, timeslot, key) {
    const { data, error } = await api.bookAppointment({
      headers: { ...as(token).headers, 'Idempotency-Key': key },
      body: { timeslot },
    });
    if (data) return data.id;
    if (error?.code === 'slot_taken')
      return { refused: error.code, alternatives: error.alternatives.map(({ id }) => id) };
    return fail('book', error);
  },
  async list(token) {
    const { data, error } = await api.listOwnAppointments(as(token));
    return data?.results.map(({ id }) => id) ?? fail('list', error);
  },
  async cancel(token, id) {
    const { error } = await api.cancelAppointment({ ...as(token), path: { id } });
    if (error) fail('cancel', error);
  },
});
