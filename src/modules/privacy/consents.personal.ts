import { AT, listOf } from '../../http/personal.ts';
import { listConsents, moveConsents } from './consents.repository.ts';
import { consent } from './consents.schemas.ts';

/** Which terms were accepted, and when. It is the clinic's proof, and stays when the person is erased. */
export const consentsPersonal = {
  columns: {
    'consents.accepted_by': 'the consent of another, whose data it is',
    'consents.user_id': 'consents',
  },
  parts: {
    consents: {
      shape: listOf(consent, 'Which version of which document was accepted, and when.'),
      example: [
        { document: 'terms', version: '1', accepted_at: AT },
        { document: 'privacy', version: '1', accepted_at: AT },
      ],
      of_family: true as const,
      list: listConsents,
    },
  },
  merge: moveConsents,
};
