export { doctorsJobs } from './doctors.jobs.ts';
export {
  approve as approveDoctor,
  eraseProfile as eraseDoctorProfile,
  saveProfile as saveDoctorProfile,
} from './doctors.repository.ts';
export { doctorsRoutes } from './doctors.routes.ts';
export { doctorExample, doctorInput, doctorInputExample, doctorOutput } from './doctors.schemas.ts';
export { createDoctors } from './doctors.service.ts';
export { personal as doctorsPersonal } from './personal.ts';
export { openPhotoStore } from './photos/open.store.ts';
export { photosRoutes, publicPhotosRoutes } from './photos/photos.routes.ts';
export { createPhotos } from './photos/photos.service.ts';
export { specializationsRoutes } from './specializations/specializations.routes.ts';
export { createSpecializations } from './specializations/specializations.service.ts';
