export { createBackups } from './backups.service.ts';
export { systemJobs } from './system.jobs.ts';
