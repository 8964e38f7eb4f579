export type { Account, LockedAccount, ResetsFrom } from './accounts.repository.ts';
export { personal as usersPersonal } from './personal.ts';
export { usersRoutes } from './users.routes.ts';
export type { NewUser, Registration, User } from './users.schemas.ts';
export { registration, user, userInputs } from './users.schemas.ts';
export type { Users } from './users.service.ts';
export { createUsers } from './users.service.ts';
