import createClient from 'openapi-fetch';
import type { paths } from '../generated/openapi-typescript.d.ts';
import { fail, journey, SERVER } from '../journey.ts';

const api = createClient<paths>({ baseUrl: SERVER });
const as = (token: string) => ({ authorization: `Bearer ${token}` });

await journey('openapi-fetch', {
  async register(username, password) {
    const { error } = await api.POST('/api/auth/register/', {
      body: { username, password, role: 'patient' },
    });
    if (error) fail('register', error);
  },
  async signIn(username, password) {
    const { data, error } = await api.POST('/api/auth/login/', { body: { username, password } });
    return data?.access ?? fail('login', error);
  },
  async search(token) {
    const { data, error } = await api.GET('/api/timeslots/search/', { headers: as(token) });
    return data?.results.map(({ id }) => id) ?? fail('search', error);
  },
  async book(token, timeslot, key) {
    const { data, error } = await api.POST('/api/appointments/', {
      headers: as(token),
      params: { header: { 'Idempotency-Key': key } },
      body: { timeslot },
    });
    if (data) return data.id;
    if (error.code === 'slot_taken')
      return { refused: error.code, alternatives: error.alternatives.map(({ id }) => id) };
    return fail('book', error);
  },
  async list(token) {
    const { data, error } = await api.GET('/api/appointments/me/', { headers: as(token) });
    return data?.results.map(({ id }) => id) ?? fail('list', error);
  },
  async cancel(token, id) {
    const { error } = await api.DELETE('/api/appointments/{id}/', {
      headers: as(token),
      params: { path: { id } },
    });
    if (error) fail('cancel', error);
  },
});
