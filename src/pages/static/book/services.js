import { serviceName, serviceNote, t } from '../shared/text.js';
import { choice } from '../shared/ui.js';

/** The choice of what a doctor gives; none where they give none. @param chosen its id; none is a choice, too */
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
