import * as api from '../generated/orval/client.ts';
import { fail, journey } from '../journey.ts';

const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

await journey('orval', {
  async register(username, password) {
    const answer = await api.register({ username, password, role: 'patient' });
    if (answer.status !== 201) fail('register', answer);
  },
  async signIn(username, password) {
    const answer = await api.login({ username, password });
    return answer.status === 200 ? answer.data.access : fail('login', answer);
  },
  async search(token) {
    const answer = await api.searchTimeslots(undefined, undefined, as(token));
    return answer.status === 200 ? answer.data.results.map(({ id }) => id) : fail('search', answer);
  },
  async book(token, timeslot, key) {
    const answer = await api.bookAppointment({ timeslot }, { 'Idempotency-Key': key }, as(token));
    if (answer.status === 201) return answer.data.id;
    if (answer.status === 409 && answer.data.code === 'slot_taken')
      return { refused: answer.data.code, alternatives: answer.data.alternatives.map(({ id }) => id) };
    return fail('book', answer);
  },
  async list(token) {
    const answer = await api.listOwnAppointments(undefined, undefined, as(token));
    return answer.status === 200 ? answer.data.results.map(({ id }) => id) : fail('list', answer);
  },
  async cancel(token, id) {
    const answer = await api.cancelAppointment(id, {}, undefined, as(token));
    if (answer.status !== 204) fail('cancel', answer);
  },
});
