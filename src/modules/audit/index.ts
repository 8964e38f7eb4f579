export { auditJobs } from './audit.jobs.ts';
export { auditRoutes } from './audit.routes.ts';
export { type Audit, createAudit } from './audit.service.ts';
export { personal as auditPersonal } from './personal.ts';
