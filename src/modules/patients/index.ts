export {
  eraseProfile as erasePatientProfile,
  saveProfile as savePatientProfile,
} from './patients.repository.ts';
export { patientsRoutes } from './patients.routes.ts';
export { patientExample, patientInput, patientOutput } from './patients.schemas.ts';
export { createPatients } from './patients.service.ts';
export { personal as patientsPersonal } from './personal.ts';
