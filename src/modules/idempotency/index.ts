export { createIdempotency, type Idempotency } from './idempotency.service.ts';
export { personal as idempotencyPersonal } from './personal.ts';
