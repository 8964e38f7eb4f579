import { get } from '../shared/api.js';
import { serviceName, serviceNote, t } from '../shared/text.js';
import { choice } from '../shared/ui.js';

/** What a doctor gives, to choose from. */

export const servicesOf = async (doctor) => (await get(`/services/?doctor=${doctor}&page_size=100`)).results;

/** None where the doctor gives none. @param chosen its id; none is a choice, too */
export const serviceChoice = (services, chosen, onchange) =>
  services.length > 0 &&
  choice(
    'service',
    t('which_service'),
    [
      ...services.map((service) => ({
        value: service.id,
        label: serviceName(service),
        note: serviceNote(service),
      })),
      { value: '', label: t('not_sure'), note: t('not_sure_note') },
    ],
    chosen ?? '',
    onchange,
  );
