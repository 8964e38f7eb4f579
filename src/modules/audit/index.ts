export { auditRoutes } from './audit.routes.ts';
export { type AccessLogEntry, accessLogEntry } from './audit.schemas.ts';
export { type Audit, createAudit, type Entry } from './audit.service.ts';
