export { createBackups } from './backups.service.ts';
export { systemJobs } from './system.jobs.ts';
export { systemRoutes } from './system.routes.ts';
export { createSystem } from './system.service.ts';
