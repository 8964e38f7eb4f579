export { absencesRoutes } from './absences.routes.ts';
export { createAbsences } from './absences.service.ts';
