import type { FastifyInstance } from 'fastify';
import type { Clock } from './core/clock.ts';
import type { CountryCode } from './core/phone.ts';
import type { Caller } from './core/roles.ts';
import type { Db } from './db/client.ts';
import { appointmentsRoutes, createAppointments } from './modules/appointments/index.ts';
import { authRoutes, createAuth, createPasswords, createSessions } from './modules/auth/index.ts';
import { createDoctors, doctorsRoutes, saveDoctorProfile } from './modules/doctors/index.ts';
import {
  createPatients,
  erasePatientProfile,
  patientsRoutes,
  savePatientProfile,
} from './modules/patients/index.ts';
import { createTimeslots, timeslotsRoutes } from './modules/timeslots/index.ts';
import { createUsers, usersRoutes } from './modules/users/index.ts';

export interface ModulesDependencies {
  db: Db;
  clock: Clock;
  config: {
    access_token_minutes: number;
    refresh_token_days: number;
    bcrypt_cost: number;
    phone_country: CountryCode;
  };
}

export type Modules = ReturnType<typeof createModules>;

/** The one place that knows every module and gives each what it needs of the others. */
export function createModules({ db, clock, config }: ModulesDependencies) {
  const passwords = createPasswords(config.bcrypt_cost);
  const sessions = createSessions({ db, clock, ...config });
  const appointments = createAppointments({ db, clock });
  const doctors = createDoctors({
    db,
    users: { setContact: (tx, user, contact) => users.setContact(tx, user, contact) },
  });
  const patients = createPatients({
    db,
    clock,
    users: { setContact: (tx, user, contact) => users.setContact(tx, user, contact) },
  });
  const timeslots = createTimeslots({ db, clock, doctors });
  const users = createUsers({
    db,
    clock,
    hashPassword: passwords.hash,
    sessions,
    doctors: { save: saveDoctorProfile },
    patients: { save: savePatientProfile, erase: erasePatientProfile },
    timeslots,
    appointments,
  });

  return {
    sessions,
    users,

    /** Registers every module's routes; they need the app's token signer. */
    async register(app: FastifyInstance): Promise<void> {
      const signAccess = ({ id, role, session }: Caller) =>
        app.jwt.sign({ sub: String(id), role, sid: session });
      const auth = createAuth({ db, clock, passwords, sessions, users, signAccess, ...config });
      const { phone_country } = config;
      await app.register(authRoutes, { auth, phone_country });
      await app.register(doctorsRoutes, { doctors });
      await app.register(patientsRoutes, { patients, phone_country });
      await app.register(timeslotsRoutes, { timeslots });
      await app.register(appointmentsRoutes, { appointments });
      await app.register(usersRoutes, { users, phone_country });
    },
  };
}
