import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import { aboutRoutes } from './about/about.routes.ts';
import { branchesRoutes } from './branches/branches.routes.ts';
import type { Clinic } from './clinic.service.ts';
import { roomsRoutes } from './rooms/rooms.routes.ts';

/** Documentation shows routes in this order. */
export async function clinicRoutes(
  app: FastifyInstance,
  { clinic, ...options }: { clinic: Clinic; phone_country: CountryCode; public_directory: boolean },
) {
  app.describeHeading({
    name: 'clinic',
    description: 'The clinic: its name, its branches and their rooms.',
    order: 55,
  });
  await app.register(aboutRoutes, clinic);
  await app.register(branchesRoutes, { branches: clinic.branches, ...options });
  await app.register(roomsRoutes, clinic);
}
