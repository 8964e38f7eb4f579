export { createEnding } from './families/ending.service.ts';
export { familiesRoutes } from './families/families.routes.ts';
export { createFamilies } from './families/families.service.ts';
export { createGuardians, type Guardians } from './families/guardians.service.ts';
export { createInvitations } from './families/invitations.service.ts';
export { listErasedWith, lockFamily } from './families/leaving.repository.ts';
export { patientsJobs } from './patients.jobs.ts';
export {
  correctProfile as savePatientProfile,
  eraseProfile as erasePatientProfile,
} from './patients.repository.ts';
export { patientsRoutes } from './patients.routes.ts';
export { patientExample, patientInput, patientOutput } from './patients.schemas.ts';
export { createPatients } from './patients.service.ts';
export { personal as patientsPersonal } from './personal.ts';
