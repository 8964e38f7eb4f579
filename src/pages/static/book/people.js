import { me } from '../shared/session.js';
import { dateText, personName, t } from '../shared/text.js';

/** Oneself, and those whom one looks after, to choose from. */
export const people = (dependants) => [
  { value: '', label: t('myself'), note: personName(me()) },
  ...dependants.map((child) => ({
    value: child.id,
    label: personName(child),
    note: child.date_of_birth && dateText(child.date_of_birth),
  })),
];
