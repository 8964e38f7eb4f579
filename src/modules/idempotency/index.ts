export { createIdempotency, type Idempotency } from './idempotency.service.ts';
