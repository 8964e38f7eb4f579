import type { FastifyInstance } from 'fastify';
import { STOP_HOURS } from '../../core/messages.ts';
import type { CountryCode } from '../../core/phone.ts';
import type { Locale } from '../../core/words.ts';
import { IsPatient } from '../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { deskRoutes } from './desk/desk.routes.ts';
import { reachingRoutes } from './desk/reaching.routes.ts';
import { patientProfile, patientProfileChanges } from './patients.schemas.ts';
import type { Patients } from './patients.service.ts';

const tags = ['patients'];

interface PatientsRoutesOptions {
  patients: Patients;
  phone_country: CountryCode;
  default_locale: Locale;
  codes_per_hour: number;
  codes_per_hour_address: number;
}

export async function patientsRoutes(
  instance: FastifyInstance,
  { patients, ...config }: PatientsRoutesOptions,
) {
  const { phone_country } = config;
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'patients', description: 'A patient’s own profile.', order: 30 });
  await app.register(deskRoutes, { ...patients, ...config });
  await app.register(reachingRoutes, { ...patients, ...config });

  app.get(
    '/patient/profile/',
    {
      preHandler: IsPatient,
      config: { etag: true },
      schema: {
        tags,
        operationId: 'getPatientProfile',
        summary: 'Show my profile as a patient',
        description: 'What the doctor sees of the patient, and the birthday.',
        response: { 200: patientProfile },
      },
    },
    async (request) => patients.profile(request.user.id),
  );

  app.patch(
    '/patient/profile/',
    {
      preHandler: IsPatient,
      config: { etag: true, errors: ['invalid_code', 'sign_in_again', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'updatePatientProfile',
        summary: 'Change my profile as a patient',
        description:
          'Fields that are left out stay as they are; null empties one. To replace or empty a confirmed phone takes the ' +
          'password, or `proof_code`, sent to that phone; it is told, and can take the change back for ' +
          `${STOP_HOURS} hours.`,
        headers: ifMatchTag,
        body: patientProfileChanges(phone_country),
        response: { 200: patientProfile },
      },
    },
    async (request) => patients.changeProfile(request.user, request.body, unchanged(request)),
  );
}
