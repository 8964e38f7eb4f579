export { consentsPersonal } from './consents.personal.ts';
export { createConsents } from './consents.service.ts';
export { eraseTraces } from './erasure.repository.ts';
export { mergeTraces } from './merging.repository.ts';
export { privacyRoutes } from './privacy.routes.ts';
export { personalDataOf } from './privacy.schemas.ts';
export { createPrivacy } from './privacy.service.ts';
export { createRetention } from './retention.service.ts';
