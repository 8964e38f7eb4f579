import type { FastifyInstance } from 'fastify';
import { demo } from '../../core/demo.ts';
import type { Locale } from '../../core/words.ts';
import { varyBy } from '../../http/accept.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsDoctor, IsPatient, IsStaff, ofDirectory } from '../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../http/hooks/etag.ts';
import { rememberedPageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { chooseLocale } from '../../i18n/index.ts';
import { doctor, doctorFilters, doctorPage, doctorProfile, doctorProfileChanges } from './doctors.schemas.ts';
import type { Doctors } from './doctors.service.ts';

const tags = ['doctors'];

export async function doctorsRoutes(
  instance: FastifyInstance,
  {
    doctors,
    default_locale,
    public_directory,
  }: { doctors: Doctors; default_locale: Locale; public_directory: boolean },
) {
  const guard = ofDirectory(public_directory, anyOf(IsPatient, IsStaff));
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'doctors',
    description: 'The directory, and a doctor’s own profile.',
    order: 20,
  });

  app.get(
    '/doctors/',
    {
      preHandler: guard,
      config: { etag: 'page', guests_keep: 60 },
      schema: {
        tags,
        operationId: 'listDoctors',
        summary: 'Find a doctor',
        description:
          'The directory of active, approved doctors, by name. Names ' +
          'stand in the order of the alphabet of `Accept-Language`: in Uzbek Oʻ, Gʻ, Sh and Ch after Z, and Cyrillic names ' +
          'where their Latin spelling would; in Russian Cyrillic first; in English last.',
        querystring: doctorFilters,
        response: { 200: doctorPage },
      },
    },
    async (request, reply) => {
      const reader = chooseLocale(request.headers['accept-language'], default_locale);
      varyBy(reply, 'accept-language');
      return rememberedPageAnswer(
        request,
        reply,
        request.query.page,
        await doctors.list(request.query, reader),
      );
    },
  );

  app.get(
    '/doctors/:id/',
    {
      preHandler: guard,
      config: { etag: true, errors: ['doctor_not_found'], guests_keep: 60 },
      schema: {
        tags,
        operationId: 'getDoctor',
        summary: 'Show a doctor',
        description: 'As the directory shows them.',
        params: idParams('The doctor’s id, from the directory.', demo.doctor.id),
        response: { 200: doctor },
      },
    },
    async (request) => doctors.get(request.params.id),
  );

  app.get(
    '/doctor/profile/',
    {
      preHandler: IsDoctor,
      config: { etag: true },
      schema: {
        tags,
        operationId: 'getDoctorProfile',
        summary: 'Show my profile as a doctor',
        description:
          'What patients see of the doctor, and since when: `approved_at` is null while an admin has not let them in.',
        response: { 200: doctorProfile },
      },
    },
    async (request) => doctors.profile(request.user.id),
  );

  app.patch(
    '/doctor/profile/',
    {
      preHandler: IsDoctor,
      config: { etag: true, errors: ['version_mismatch'] },
      schema: {
        tags,
        operationId: 'updateDoctorProfile',
        summary: 'Change my profile as a doctor',
        description: 'Fields that are left out stay as they are; null empties one.',
        headers: ifMatchTag,
        body: doctorProfileChanges,
        response: { 200: doctorProfile },
      },
    },
    async (request) => doctors.changeProfile(request.user, request.body, unchanged(request)),
  );
}
