import * as api from '../generated/kubb/client.ts';
import type { BookAppointment409 } from '../generated/kubb/types.ts';
import { fail, journey, SERVER } from '../journey.ts';

/** Its client sends no content type and refuses nothing: both are said here, once. */
const as = (token?: string) => ({
  baseURL: SERVER,
  headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
});

/** Its answers have the type of the success whatever came: which refusal it is follows from the status. */
const isConflict = (status: number, _data: unknown): _data is BookAppointment409 => status === 409;

await journey('kubb', {
  async register(username, password) {
    const { status, data } = await api.register({ username, password, role: 'patient' }, {}, as());
    if (status !== 201) fail('register', data);
  },
  async signIn(username, password) {
    const { status, data } = await api.login({ username, password }, {}, as());
    return status === 200 ? data.access : fail('login', data);
  },
  async search(token) {
    const { status, data } = await api.searchTimeslots({}, {}, as(token));
    return status === 200 ? data.results.map(({ id }) => id) : fail('search', data);
  },
  async book(token, timeslot, key) {
    const answer = await api.bookAppointment({ timeslot }, { 'Idempotency-Key': key }, as(token));
    const body: unknown = answer.data;
    if (isConflict(answer.status, body) && body.code === 'slot_taken')
      return { refused: body.code, alternatives: body.alternatives.map(({ id }) => id) };
    return answer.status === 201 ? answer.data.id : fail('book', answer);
  },
  async list(token) {
    const { status, data } = await api.listOwnAppointments({}, {}, as(token));
    return status === 200 ? data.results.map(({ id }) => id) : fail('list', data);
  },
  async cancel(token, id) {
    const { status, data } = await api.cancelAppointment(id, {}, {}, as(token));
    if (status !== 204) fail('cancel', data);
  },
});
