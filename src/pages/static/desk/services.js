import { get } from '../shared/api.js';

/** What a doctor gives now; admins are told of what is given no more, too. */
export async function servicesOf(doctor) {
  const { results } = await get(`/services/?doctor=${doctor}&page_size=100`);
  return results.filter(({ is_active }) => is_active);
}
